"""Settings that were changed after the serving model was trained, which it does not follow."""

from typing import TYPE_CHECKING

from features.settings import Settings

if TYPE_CHECKING:
    from training.bundle import Bundle


def changed_since(settings: Settings, bundle: "Bundle") -> list[str]:
    """Return a sentence for each change that the serving model does not know of.

    Bands, horizon and scale travel with the model: a score means what it meant when the model was
    judged, until another one is trained.
    """
    if bundle.manifest.get("settings_version") in (None, settings.version):
        return []
    changes = []
    now, then = settings.bands, bundle.bands
    if now != then:
        changes.append(
            f"[bands] are green {now.green:g} and red {now.red:g} in the settings, "
            f"green {then.green:g} and red {then.red:g} in model {bundle.version}"
        )
    horizon = bundle.evaluation["horizon_days"]
    if settings.churn.horizon_days != horizon:
        changes.append(
            f"[churn].horizon_days is {settings.churn.horizon_days} in the settings, "
            f"{horizon} in model {bundle.version}"
        )
    if not changes:
        changes.append(
            f"[churn], [scale] or [features] were changed after model {bundle.version} was trained"
        )
    return [f"{what}. The model's hold until `kenshin train`." for what in changes]
