"""Events kept on disk, checked and summed up file by file, so that a day costs a day.

``<workspace>/digests/<fingerprint>/`` holds segments. A segment has the sound rows of some source
files, and their account-days, user-days and event-days, as sorted Parquet. A source file that did
not change is never read again; what was found wrong with it is kept with its segment.
"""

from features.digests.ledger import Ledger, open_ledger
from features.digests.reading import Digests

__all__ = ["Digests", "Ledger", "open_ledger"]
