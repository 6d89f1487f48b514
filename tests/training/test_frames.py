"""Frames: what is known, what shares memory, what names the content."""

import hashlib

import numpy as np
import pyarrow as pa

from tests.builders.frames import FEATURES, snapshot_table
from training.frames import Frame, frame


def whole() -> Frame:
    table, labels = snapshot_table(accounts=50)
    churned = labels["churned"].to_pylist()
    churned[3] = churned[200] = None
    labels = labels.set_column(2, "churned", pa.array(churned)).take(
        np.random.default_rng(3).permutation(len(churned))
    )
    return frame(table, FEATURES, labels)


def test_labels_find_their_rows_whatever_their_order() -> None:
    table, labels = snapshot_table(accounts=50)
    wanted = np.array(labels["churned"].to_pylist(), dtype=np.float64)
    wanted[[3, 200]] = np.nan
    np.testing.assert_array_equal(whole().churned, wanted)
    assert np.isnan(frame(table, FEATURES, labels.slice(0, 0)).churned).all()


def test_rows_of_unknown_outcome_are_left_out_without_a_second_matrix() -> None:
    table, labels = snapshot_table(accounts=50)
    churned = labels["churned"].to_pylist()
    churned[3] = churned[200] = None
    labels = labels.set_column(2, "churned", pa.array(churned))
    everything = whole()
    wanted = everything.where(~np.isnan(everything.churned))
    found = frame(table, FEATURES, labels, known=True)
    assert len(found) == len(everything) - 2
    assert found.digest() == wanted.digest()
    assert found.facts.equals(wanted.facts)


def test_rows_of_neighbouring_dates_share_their_memory() -> None:
    rows = whole()
    late = rows.where(rows.as_of >= np.unique(rows.as_of)[-2])
    assert np.shares_memory(late.matrix, rows.matrix)
    assert len(late) == 100
    scattered = rows.where(np.arange(len(rows)) % 3 == 0)
    assert not np.shares_memory(scattered.matrix, rows.matrix)
    np.testing.assert_array_equal(scattered.matrix, rows.matrix[::3])
    assert len(rows.where(np.zeros(len(rows), dtype=bool))) == 0


def test_the_digest_is_that_of_all_bytes_at_once() -> None:
    rows = whole()
    hashed = hashlib.sha256("\0".join(feature.name for feature in FEATURES).encode())
    hashed.update("\0".join(rows.account_ids.astype(str)).encode())
    for values in (rows.as_of.astype(np.int64), rows.matrix + 0.0, rows.churned):
        hashed.update(values.tobytes())
    assert rows.digest() == hashed.hexdigest()[:16]
