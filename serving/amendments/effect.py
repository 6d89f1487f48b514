"""What a replay measured of a definition before it took effect: counts and intervals, nobody."""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]


def summary(replayed: Mapping[str, Any]) -> Json:
    """Return what is kept of `serving.replays.replay`: no account is in it."""
    last, outcomes = replayed["last_date"], replayed["outcomes"]
    return {
        "against": replayed["present"],
        "period": replayed["period"],
        "accounts": last["accounts"],
        "change_band": last["changed"],
        "outcomes": None if outcomes is None else _outcomes(outcomes),
    }


def _outcomes(outcomes: Mapping[str, Any]) -> Json:
    leavers, alarms = outcomes["leavers"], outcomes["alarms"]
    return {
        "from": outcomes["from"],
        "until": outcomes["until"],
        "weeks_before": outcomes["weeks_before"],
        "leavers": leavers["scored"],
        "red_before": [leavers["old"]["red"], leavers["new"]["red"]],
        "difference": leavers["difference"],
        "interval": leavers["interval"],
        "false_alarms": [alarms["old"]["false"], alarms["new"]["false"]],
        "false_alarms_interval": alarms["interval"],
    }
