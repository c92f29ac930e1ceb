"""Every way in which a file can be wrong is named with its remedy."""

from __future__ import annotations

import os

import pytest
from journal_cases import HEADER, write
from sample_checks import check
from sample_record import record

from gradcheck.errors import GradcheckError, InvalidArgument
from gradcheck.journal import (
    DamagedRecord,
    ForeignRecord,
    Journal,
    MissingRecord,
    NewerRecord,
    UnwritableRecord,
    read_record,
    violation,
)


@pytest.mark.parametrize("cut", range(1, 400, 7))
def test_a_torn_last_line_is_tolerated(tmp_path, cut):
    write(tmp_path)
    raw = (tmp_path / "gradcheck.jsonl").read_bytes()
    end = raw.rstrip(b"\n").rfind(b"\n") + 1
    (tmp_path / "gradcheck.jsonl").write_bytes(raw[: end - 1 - cut])
    found = read_record(tmp_path / "gradcheck.jsonl")
    assert found["complete"] is False
    assert found["checks"] == record()["checks"][:-1]
    assert violation(found) is None


def test_a_line_cut_by_a_signal_is_overwritten(tmp_path, monkeypatch):
    write = os.write

    def cut_short(stream, data):
        write(stream, data[:20])
        raise KeyboardInterrupt

    with Journal(tmp_path) as journal:
        journal.header(HEADER)
        with monkeypatch.context() as patched:
            patched.setattr(os, "write", cut_short)
            with pytest.raises(KeyboardInterrupt):
                journal.check(check())
        assert journal.journal_path.read_text(encoding="utf-8").endswith('\n{"kind":"check","che')
        journal.check(check())
        journal.finish(record(checks=[check()]), complete=True)
    assert read_record(tmp_path / "gradcheck.jsonl")["checks"] == [check()]


@pytest.mark.parametrize(
    ("damage", "kind", "message"),
    [
        (lambda text: "", DamagedRecord, "the file is empty"),
        (lambda text: text[: len(text) // 2], DamagedRecord, "cut short|not JSON at line"),
        (lambda text: text.rstrip()[:-1], DamagedRecord, "the file is cut short at line"),
        (lambda text: text.replace('"seed": 0', '"seed": NaN'), DamagedRecord, "NaN is not JSON"),
        (
            lambda text: text.replace('"seed": 0', '"seed": 0x'),
            DamagedRecord,
            "not JSON at line 6: Expecting",
        ),
        (lambda text: text.replace('"seed": 0,', ""), DamagedRecord, "the field `seed` is missing"),
        (
            lambda text: text.replace('"verdict":"pass"', '"verdict":"green"', 1),
            DamagedRecord,
            r"schema version 1: checks\[0\]\.verdict: given 'green'",
        ),
        (
            lambda text: text.replace('"schema_version": 1', '"schema_version": 2'),
            NewerRecord,
            "follows schema 2; this gradcheck reads 1; .*upgrade",
        ),
        (
            lambda text: text.replace('"tool": "gradcheck"', '"tool": "other"'),
            ForeignRecord,
            "`tool` is 'other'",
        ),
        (lambda text: "[1, 2]", ForeignRecord, "holds a list"),
        (lambda text: "3", ForeignRecord, "holds a int"),
        (lambda text: "{}", ForeignRecord, "`tool` is 'None'"),
        (lambda text: "<html>", ForeignRecord, "the file is not JSON"),
        (lambda text: '{"a":' * 100_000, DamagedRecord, "not strict JSON"),
        (lambda text: '{"a": ' + "9" * 5000 + "}", DamagedRecord, "not strict JSON: the number 9"),
    ],
)
def test_a_wrong_file_is_named_with_its_remedy(tmp_path, damage, kind, message):
    write(tmp_path)
    path = tmp_path / "gradcheck.json"
    path.write_text(damage(path.read_text("utf-8")), "utf-8")
    with pytest.raises(kind, match=message) as caught:
        read_record(path)
    assert isinstance(caught.value, GradcheckError)
    assert str(path) in str(caught.value)
    assert caught.value.remedy in str(caught.value)
    assert "\n" not in str(caught.value)


def test_binary_file_is_foreign(tmp_path):
    path = tmp_path / "gradcheck.json"
    path.write_bytes(bytes(range(256)) * 40)
    with pytest.raises(ForeignRecord, match="is not JSON"):
        read_record(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: [rows[0], "{broken", *rows[1:]], "line 2 is not JSON"),
        (
            lambda rows: [rows[0], '{"kind":"check","check":{"id":"a"}}', *rows[1:]],
            "line 2 breaks the schema",
        ),
        (lambda rows: [rows[0], '{"kind":"figure"}', *rows[1:]], "line 2 is neither a check"),
        (lambda rows: [rows[0], rows[0], *rows[1:]], "line 2 is neither a check nor the end"),
        (lambda rows: [*rows, rows[1]], "follows the end of the run"),
    ],
)
def test_a_damaged_journal_is_named_by_its_line(tmp_path, change, message):
    write(tmp_path)
    path = tmp_path / "gradcheck.jsonl"
    path.write_text("\n".join(change(path.read_text("utf-8").splitlines())) + "\n", "utf-8")
    with pytest.raises(DamagedRecord, match=message) as caught:
        read_record(path)
    assert "beside it" not in str(caught.value)


@pytest.mark.parametrize("name", ["absent.json", ".", "nul\0byte"])
def test_a_missing_file_is_named(tmp_path, name):
    with pytest.raises(MissingRecord, match="run `gradcheck run` first"):
        read_record(f"{tmp_path}/{name}")


@pytest.mark.parametrize("below", ["file", "file/deeper"])
def test_a_folder_that_cannot_be_written_is_named(tmp_path, below):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UnwritableRecord, match="choose another folder") as caught, Journal(tmp_path / below):
        pass
    assert isinstance(caught.value, InvalidArgument)
    assert str(tmp_path / below) in str(caught.value)


def test_a_full_disk_is_named_and_leaves_no_temporary_file(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UnwritableRecord, match="No space left"):
        write(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["gradcheck.jsonl"]
