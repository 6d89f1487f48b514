"""One subject's data: all of it handed out, or all of it erased."""

from serving.subjects.erasure import Erasure, erase
from serving.subjects.held import export

__all__ = ["Erasure", "erase", "export"]
