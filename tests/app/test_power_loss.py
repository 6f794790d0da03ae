"""If the power fails while a file of any kind is written, its old content is on the disk or its new one, whole."""

from __future__ import annotations

import os
import stat

import pytest

import clearprop as cp
from every_file import KINDS, TRAINED, prepare, train, write
from power_loss import TORN, Disk

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    return prepare(tmp_path_factory.mktemp("power") / "inputs")


def is_folder(descriptor):
    return isinstance(descriptor, int) and stat.S_ISDIR(os.fstat(descriptor).st_mode)


@pytest.mark.parametrize("kind", KINDS)
def test_old_or_new_and_new_in_the_end(kind, inputs, tmp_path):
    path = tmp_path / KINDS[kind]
    write(kind, path, 0, inputs)
    disk, old = Disk(tmp_path), path.read_bytes()
    with disk.watched():
        write(kind, path, 1, inputs)
    new = path.read_bytes()
    assert new != old
    assert TORN not in disk.possible[path.name]
    assert None not in disk.possible[path.name]
    assert old in disk.possible[path.name], "the moments before the rename were seen"
    assert disk.holds(path.name) == {new}
    if kind != "checkpoint":  # which is written once an epoch
        assert disk.possible[path.name] == {old, new}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_or_the_whole_of_a_new_file(kind, inputs, tmp_path):
    path, disk = tmp_path / KINDS[kind], Disk(tmp_path)
    with disk.watched():
        write(kind, path, 0, inputs)
    assert TORN not in disk.possible[path.name]
    assert disk.holds(path.name) == {path.read_bytes()}
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


def test_all_that_a_training_writes(inputs, tmp_path):
    train(tmp_path, inputs)
    disk = Disk(tmp_path)
    with disk.watched():
        train(tmp_path, inputs, seed=1)
    for name in TRAINED:  # another model's report is gone before there is one of this
        assert TORN not in disk.possible[name], name
        assert (None in disk.possible[name]) == (name != "model.clearprop"), name
        assert disk.holds(name) == {(tmp_path / name).read_bytes()}, name


def saved(path, fault=None):
    """What a model file may hold if the power fails during and after a save that has a fault."""
    cp.Network(2, [cp.Dense(1)], seed=0).save(path)
    disk, old = Disk(path.parent), path.read_bytes()
    with disk.watched(fault):
        cp.Network(2, [cp.Dense(1)], seed=1).save(path)
    return disk, old, path.read_bytes()


def test_a_file_that_is_not_synced_is_found(tmp_path):
    disk, _, _ = saved(tmp_path / "m", lambda call, what: call == "fsync" and not is_folder(what))
    assert TORN in disk.possible["m"]


def test_a_folder_that_is_not_synced_is_found(tmp_path):
    disk, old, new = saved(tmp_path / "m", lambda call, what: call == "fsync" and is_folder(what))
    assert disk.holds("m") == {old, new}


def test_writing_in_place_is_found(tmp_path):
    (tmp_path / "m").write_bytes(b"old")
    disk = Disk(tmp_path)
    with disk.watched():
        (tmp_path / "m").write_bytes(b"new")
    assert disk.holds("m") == {TORN}
