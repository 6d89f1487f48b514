"""What can be wrong, said so that the reader knows what to do."""


class KenshinError(Exception):
    """A refusal: what was expected, what was found, what to do.

    Parameters
    ----------
    expected : str
        The rule, as a short sentence without its full stop.
    found : str
        The offending value with its place: table, column, row, count.
    fix : str
        What the reader can do about it.

    Notes
    -----
    ``exit_code`` is the command line's, ``status`` the HTTP answer's. Wrong input is 2 and 422;
    our own fault is 1 and 500.
    """

    exit_code = 2
    status = 422
    slug = "invalid-input"
    title = "The input cannot be used"

    def __init__(self, expected: str, found: str, fix: str) -> None:
        self.expected, self.found, self.fix = expected, found, fix
        super().__init__(f"Expected {expected}; found {found}. {fix}")


class SettingsError(KenshinError):
    """The settings file cannot be used as written."""

    slug = "settings"
    title = "The settings cannot be used"


class TableError(KenshinError):
    """A table breaks its contract in a way that leaves nothing usable."""

    slug = "table"
    title = "A table breaks its contract"


class UnknownAccountError(KenshinError):
    """No account of that id is known."""

    status = 404
    slug = "unknown-account"
    title = "No such account"


class NotFoundError(KenshinError):
    """Something named (a score, a version, a snapshot) does not exist."""

    status = 404
    slug = "not-found"
    title = "Not found"


class NoSignalError(KenshinError):
    """The history carries no usable signal, so no score is given.

    Parameters
    ----------
    reason, reason_ja : str
        Why, in a sentence for a page in English and in Japanese.
    """

    status = 409
    slug = "no-usable-signal"
    title = "No usable signal"

    def __init__(
        self, expected: str, found: str, fix: str, *, reason: str = "", reason_ja: str = ""
    ) -> None:
        super().__init__(expected, found, fix)
        self.reason, self.reason_ja = reason, reason_ja


class NotReadyError(KenshinError):
    """A step is asked for before the step it builds on."""

    status = 503
    slug = "not-ready"
    title = "Not ready"


class DamagedBundleError(KenshinError):
    """A model bundle's bytes are not the bytes that were shipped."""

    exit_code = 1
    status = 503
    slug = "damaged-bundle"
    title = "The model bundle is damaged"
