"""``gradcheck gate`` and ``gradcheck report`` as commands: what they accept, write, say and return."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sample_checks import check
from sample_record import record

from gradcheck.cli import main
from gradcheck.journal import Journal, read_baseline, read_record

FAIL = {"verdict": "fail", "as_expected": False, "reason": "mismatch", "message": "a factor 2"}


def save(folder, *checks, complete=True, **facts):
    """Write a record of a run without faults of its own to ``folder``; return its path."""
    whole = record(list(checks), self_test=None, **facts) | {"complete": complete}
    whole["summary"] |= {"exit_code": int(any(not one["as_expected"] for one in checks)), "messages": []}
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "gradcheck.json"
    path.write_text(json.dumps(whole), encoding="utf-8")
    return str(path)


def gate(*arguments):
    return main(["gate", *map(str, arguments)])


def test_exit_codes(tmp_path, capsys):
    assert gate(save(tmp_path / "a", check())) == 0
    assert "Gate open: 1 check" in capsys.readouterr().out
    assert gate(save(tmp_path / "b", check(**FAIL))) == 1
    assert "Gate closed: 1 failure" in capsys.readouterr().out
    assert gate(save(tmp_path / "c")) == 5
    assert "nothing was checked" in capsys.readouterr().out
    assert gate(tmp_path / "none") == 2


def test_a_folder_and_a_glob_stand_for_the_records_below(tmp_path, capsys, monkeypatch):
    save(tmp_path / "artifacts" / "one", check("a"))
    save(tmp_path / "artifacts" / "two" / "deep", check("b"))
    (tmp_path / "artifacts" / "a.txt").write_text("[]", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name in ("artifacts", "artifacts/*o*", "artifacts/**/gradcheck.json", str(tmp_path / "artif*")):
        assert gate(name) == 0
        assert "2 checks" in capsys.readouterr().out
    # The same file twice is one record.
    assert gate("artifacts", "artifacts/one/gradcheck.json", "artifacts/one") == 0
    assert gate("artifacts/three*") == 2
    assert "no file matches" in capsys.readouterr().err
    (tmp_path / "bare").mkdir()
    assert gate("bare") == 2
    assert "holds no gradcheck.json; run" in capsys.readouterr().err


def test_a_folder_names_the_records_that_it_does_not_stand_for(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(save(tmp_path / "reports", check("a"))).rename("reports/derivatives.json")
    (tmp_path / "reports" / "derivatives.jsonl").write_text("", encoding="utf-8")
    assert gate("reports") == 2
    other = Path("reports/derivatives.json")
    assert f"but records of another name, to be named themselves: {other};" in capsys.readouterr().err
    assert gate("reports/derivatives.json") == 0


def test_an_incomplete_record_is_refused_and_named(tmp_path, capsys):
    whole = save(tmp_path / "a", check("a"))
    part = save(tmp_path / "b", check("b"), complete=False)
    assert gate(whole, part) == 2
    assert f"{part}: the run was cut short after 1 check; run it again" in capsys.readouterr().err
    text = json.loads((tmp_path / "b" / "gradcheck.json").read_text(encoding="utf-8"))
    text["summary"]["messages"] = ["worker gw1 died\x1b[31m"]
    (tmp_path / "b" / "gradcheck.json").write_text(json.dumps(text), encoding="utf-8")
    assert gate(whole, part) == 2
    assert "after 1 check (worker gw1 died<U+001B>[31m); run it again" in capsys.readouterr().err


def test_a_run_that_was_interrupted_says_so_once(tmp_path, capsys):
    whole = record([], self_test=None)
    with Journal(tmp_path) as journal:
        # A block that ends without `finish` was interrupted.
        journal.header({name: whole[name] for name in whole if name not in ("checks", "summary", "complete")})
    assert gate(tmp_path / "gradcheck.json") == 2
    said = capsys.readouterr().err
    assert "(interrupted: the record holds the checks that had ended)" in said
    assert said.count("cut short") == 1


def test_the_journal_of_a_killed_run_in_a_folder_is_seen(tmp_path, capsys):
    save(tmp_path / "a", check("a"))
    (tmp_path / "b").mkdir()
    with Journal(tmp_path / "b") as journal:
        facts = record()
        for name in ("checks", "summary", "self_test", "complete"):
            del facts[name]
        journal.header(facts)
        journal.check(check("b"))
        text = (tmp_path / "b" / "gradcheck.jsonl").read_text(encoding="utf-8")
    (tmp_path / "b" / "gradcheck.json").unlink()
    (tmp_path / "b" / "gradcheck.jsonl").write_text(text, encoding="utf-8")
    assert gate(tmp_path) == 2
    assert "gradcheck.jsonl: the run was cut short after 1 check" in capsys.readouterr().err
    assert gate(tmp_path / "b" / "gradcheck.json") == 2
    assert "beside it is of a run that was killed" in capsys.readouterr().err


def test_a_baseline_from_first_to_last(tmp_path, capsys):
    """Made, kept, a new failure refused, accepted as known, fixed, taken off."""
    baseline = tmp_path / "baseline.json"
    good, bad = save(tmp_path / "g", check()), save(tmp_path / "b", check(**FAIL))
    assert gate(good, "--baseline", baseline) == 2
    assert "write it with --update-baseline" in capsys.readouterr().err
    assert gate(good, "--baseline", baseline, "--update-baseline") == 0
    assert "1 check, 0 known to fail; 1 added, 0 removed" in capsys.readouterr().out
    first = baseline.read_bytes()
    assert gate(good, "--baseline", baseline) == 0
    assert gate(bad, "--baseline", baseline) == 1
    assert gate(bad, "--baseline", baseline, "--update-baseline") == 0
    assert read_baseline(baseline)["checks"][0]["known"] == "fail"
    capsys.readouterr()
    assert gate(bad, "--baseline", baseline) == 0
    assert "1 of them known to fail" in capsys.readouterr().out
    assert gate(good, "--baseline", baseline) == 1
    assert "A known failure is fixed" not in capsys.readouterr().out  # text names the kind
    assert gate(good, "--baseline", baseline, "--update-baseline") == 0
    assert baseline.read_bytes() == first


def test_an_update_is_a_line_of_the_file_for_each_check(tmp_path):
    baseline = tmp_path / "baseline.json"
    gate(save(tmp_path, check("b"), check("a")), "--baseline", baseline, "--update-baseline")
    lines = baseline.read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[0] for line in lines if '"id"' in line] == ['{"id": "a"', '{"id": "b"']


def test_nothing_checked_writes_no_baseline(tmp_path):
    baseline = tmp_path / "baseline.json"
    assert gate(save(tmp_path), "--baseline", baseline, "--update-baseline") == 5
    assert not baseline.exists()


def test_an_incomplete_record_writes_no_baseline(tmp_path):
    baseline = tmp_path / "baseline.json"
    path = save(tmp_path, check(), complete=False)
    assert gate(path, "--baseline", baseline, "--update-baseline") == 2
    assert not baseline.exists()


BASELINE = '{"tool": "gradcheck baseline", "schema_version": 1, "checks": '


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not strict JSON"),
        ("[]", "not a baseline"),
        ('{"tool": "gradcheck"}', "not a baseline"),
        ('{"tool": "gradcheck baseline", "schema_version": 2, "checks": []}', "upgrade gradcheck"),
        ('{"tool": "gradcheck baseline", "schema_version": 1}', "`checks` is missing"),
        (BASELINE + '[{"id": 3, "dtype": ""}]}', "checks[0].id"),
        (BASELINE + '[{"id": "a", "dtype": ""}, {"id": "a", "dtype": ""}]}', "lists 'a' [] twice"),
        ("<<<<<<< ours\n=======\n>>>>>>> theirs\n", "merge conflict"),
        ("\x00\xff", "not strict JSON"),
    ],
)
def test_a_wrong_baseline_is_named_with_its_remedy(tmp_path, capsys, text, said):
    baseline = tmp_path / "baseline.json"
    baseline.write_bytes(text.encode("latin-1"))
    assert gate(save(tmp_path, check()), "--baseline", baseline) == 2
    told = capsys.readouterr().err
    assert said in told
    assert str(baseline) in told
    assert "--update-baseline" in told
    assert "Traceback" not in told


def test_a_baseline_that_cannot_be_written_is_an_error(tmp_path, capsys):
    path = save(tmp_path, check())
    assert gate(path, "--baseline", tmp_path / "no" / "baseline.json", "--update-baseline") == 2
    assert "cannot write" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--update-baseline"], "--baseline"),
        (["--max-detectable", "0"], "positive number"),
        (["--max-detectable", "nan"], "positive number"),
        (["--max-detectable", "-1e-6"], ""),
        (["--format", "html"], "expected one of text"),
        (["--format", "json,text"], "one document on standard output"),
        (["--format", "json,text", "-o", "x"], "one format that names no file"),
        (["--format", "json=a", "-o", "x"], "one format that names no file"),
        (["--format", "text,markdown="], "the name of a file after `=`"),
        (["--baseline", "\x00"], "cannot be read"),
        (["--baseline", ""], ""),
    ],
)
def test_a_wrong_option_is_named(tmp_path, capsys, arguments, said):
    assert gate(save(tmp_path, check()), *arguments) == 2
    assert said in capsys.readouterr().err


def test_no_record_is_a_usage_error(capsys):
    assert gate() == 2


def test_formats_go_to_files_and_people_still_see_text(tmp_path, capsys):
    path = save(tmp_path, check(**FAIL))
    names = {name: tmp_path / f"gate.{name}" for name in ("json", "junit", "sarif", "markdown")}
    listed = ",".join(f"{name}={file}" for name, file in names.items())
    assert gate(path, "--format", listed) == 1
    out = capsys.readouterr().out
    assert out.endswith("Gate closed: 1 failure; 1 check\n")
    assert json.loads(names["json"].read_text(encoding="utf-8"))["exit_code"] == 1
    assert names["junit"].read_text(encoding="utf-8").startswith("<?xml")
    assert json.loads(names["sarif"].read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert names["markdown"].read_text(encoding="utf-8").startswith("### ❌")


def test_one_format_and_o(tmp_path, capsys):
    path = save(tmp_path, check())
    assert gate(path, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["open"] is True
    out = tmp_path / "out.json"
    assert gate(path, "--format", "json", "-o", out) == 0
    assert json.loads(out.read_text(encoding="utf-8"))["open"] is True
    assert gate(path, "-o", tmp_path / "none" / "out.txt") == 2


def test_people_are_told_although_a_file_cannot_be_written(tmp_path, capsys):
    path = save(tmp_path, check(**FAIL))
    assert gate(path, "--format", f"json={tmp_path / 'none' / 'out.json'}") == 2
    out, told = capsys.readouterr()
    assert "Gate closed: 1 failure" in out
    assert "cannot write" in told


def test_the_summary_of_a_step_is_added_to_and_every_other_file_replaced(tmp_path, monkeypatch):
    summary, other = tmp_path / "summary.md", tmp_path / "other.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    for file in (summary, other):
        file.write_text("from a step before\n", encoding="utf-8")
        assert gate(save(tmp_path, check()), "--format", f"markdown={file}") == 0
    assert summary.read_text(encoding="utf-8").startswith("from a step before\n### ✅")
    assert other.read_text(encoding="utf-8").startswith("### ✅")


def test_places_are_relative_to_the_sources(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    test = {"node": "t.py::f", "file": str(tmp_path / "tests" / "t.py"), "line": 7, "outcome": "passed"}
    path = save(tmp_path, check(**FAIL) | {"test": test})
    gate(path, "--format", "github")
    assert "::error file=tests/t.py,line=7," in capsys.readouterr().out


def test_several_records_are_merged_in_a_page_and_a_record(tmp_path, capsys):
    pytest.importorskip("jinja2")
    first, second = save(tmp_path / "a", check("a")), save(tmp_path / "b", check("b", **FAIL))
    page, merged = tmp_path / "page.html", tmp_path / "merged.json"
    assert main(["report", first, second, "-o", str(page), "--json", str(merged)]) == 0
    assert "a factor 2" in page.read_text(encoding="utf-8")
    assert [found["id"] for found in read_record(merged)["checks"]] == ["a", "b"]
    assert gate(merged) == 1


def written_and_refused(capsys, *arguments):
    assert main([str(argument) for argument in arguments]) == 2
    return capsys.readouterr().err


def test_a_page_never_replaces_a_record_that_it_is_drawn_from(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path, old = save(tmp_path / "reports", check()), save(tmp_path / "old", check())
    before = Path(path).read_bytes()
    link = tmp_path / "page.html"
    link.symlink_to(path)
    for output in (path, "reports/../reports/gradcheck.json", str(link), old):
        err = written_and_refused(capsys, "report", "reports", "--compare", "old", "-o", output)
        assert f"`--output`: given '{output}', expected another file than those that are read" in err
    err = written_and_refused(capsys, "report", "reports", "-o", "new.html", "--json", path)
    assert "`--json`: given" in err
    assert Path(path).read_bytes() == Path(old).read_bytes() == before
    assert not Path("new.html").exists()


def test_a_page_replaces_a_page_and_no_other_file(tmp_path, capsys, monkeypatch):
    pytest.importorskip("jinja2")
    monkeypatch.chdir(tmp_path)
    save(tmp_path / "reports", check())
    for option in ("-o", "--json"):
        Path("model.py").write_text("x = 1", encoding="utf-8")
        assert "would be lost" in written_and_refused(capsys, "report", "reports", "-o", "model.py")
        assert "that file exists" in written_and_refused(capsys, "report", "reports", option, "model.py")
        assert Path("model.py").read_text(encoding="utf-8") == "x = 1"
    for page in ("page", "page.html", "page.htm"):
        for _ in range(2):
            assert main(["report", "reports", "-o", page]) == 0
    Path("mine.html").write_text("an older page of whatever tool", encoding="utf-8")
    assert main(["report", "reports", "-o", "mine.html"]) == 0


def test_two_options_never_name_one_file(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = save(tmp_path / "reports", check())
    err = written_and_refused(capsys, "report", "reports", "-o", "s.json", "--json", "./s.json")
    assert "`--json`: given './s.json', expected another file than that of --output" in err
    err = written_and_refused(capsys, "gate", "reports", "--format", "junit=s.xml,sarif=s.xml")
    assert "expected another file than that of --format junit; give each a name of its own" in err
    err = written_and_refused(capsys, "gate", "reports", "--format", f"junit={path}")
    assert "expected another file than those that are read" in err
    err = written_and_refused(
        capsys,
        "gate",
        "reports",
        "--baseline",
        "b.json",
        "--update-baseline",
        "--format",
        "junit",
        "-o",
        "reports/gradcheck.json",
    )
    assert "expected another file than those that are read" in err
    assert not Path("s.json").exists()
    assert not Path("s.xml").exists()
    assert main(["gate", "reports", "--format", "junit=a.xml,sarif=b.sarif"]) == 0


def test_the_page_says_what_changed_since_an_older_record(tmp_path):
    pytest.importorskip("jinja2")
    old, new = save(tmp_path / "old", check("kept"), check("gone")), save(tmp_path / "new", check("kept"))
    page = tmp_path / "page.html"
    assert main(["report", new, "-o", str(page)]) == 0
    assert "gone" not in page.read_text(encoding="utf-8")
    assert main(["report", new, "--compare", old, "-o", str(page)]) == 0
    assert "gone" in page.read_text(encoding="utf-8")
    assert main(["report", new, "--compare", str(tmp_path / "none"), "-o", str(page)]) == 2


def test_the_page_of_an_incomplete_or_empty_record_is_written_and_is_not_green(tmp_path, capsys):
    pytest.importorskip("jinja2")
    page = tmp_path / "page.html"
    assert main(["report", save(tmp_path / "a", check(), complete=False), "-o", str(page)]) == 2
    assert "cut short" in capsys.readouterr().err
    assert page.exists()
    assert main(["report", save(tmp_path / "b"), "-o", str(page)]) == 5


BLOCKED = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

BLOCKED = set(sys.argv.pop(1).split(","))
sys.meta_path.insert(0, Block())
from gradcheck.cli import main
raise SystemExit(main(sys.argv[1:]))
"""


def blocked(modules, *arguments, cwd):
    command = [sys.executable, "-c", BLOCKED, ",".join(modules), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=os.environ, check=False)


HEAVY = ("numpy", "scipy", "jax", "hypothesis", "tqdm")


def test_gate_and_report_need_nothing_that_checks_need(tmp_path):
    path = save(tmp_path, check())
    ran = blocked(HEAVY, "gate", path, cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    if pytest.importorskip("jinja2"):
        ran = blocked(HEAVY, "report", path, "-o", "page.html", cwd=tmp_path)
        assert (ran.returncode, ran.stderr) == (0, "")
        assert (tmp_path / "page.html").stat().st_size > 10_000
    # The guard can fail: a run needs NumPy.
    assert blocked(HEAVY, "run", cwd=tmp_path).returncode == 2


def test_without_the_extra_the_page_says_what_to_install(tmp_path):
    path = save(tmp_path, check())
    ran = blocked(("jinja2",), "report", path, "-o", "page.html", cwd=tmp_path)
    assert ran.returncode == 2
    assert 'python -m pip install "gradcheck[report]"' in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (tmp_path / "page.html").exists()
