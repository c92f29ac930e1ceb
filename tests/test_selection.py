"""Which rules an argument means: ids, globs, modules, and what is said when it means none."""

from __future__ import annotations

import pytest

from gradcheck.errors import InvalidArgument
from gradcheck.rules import documents
from gradcheck.selection import find_rule, load_installed, modules_of, select

pytestmark = pytest.mark.usefixtures("own_registry")

CUBE = """
import numpy as np
import gradcheck

@gradcheck.rule("{rule_id}", "(n)->(n)", names="x", wrt="x", f=lambda x: x * x * x)
def cube(x):
    return np.diag(3 * x**2)
"""


def module(folder, name, text):
    path = folder / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return path


def ids(*arguments, **options):
    return [rule.id for rule in select(arguments, **options)]


def test_no_argument_means_the_documents_rules():
    assert ids() == [rule.id for rule in documents()]
    assert len(ids()) == 160 + 74 + 7


def test_an_exact_id_means_one_rule_with_a_slash_or_without():
    assert ids("elementwise/mul/wrt-w") == ["elementwise/mul/wrt-w"]
    misprint = next(rule.id for rule in documents() if rule.right is not None and "/" not in rule.id)
    assert ids(misprint) == [misprint]


def test_a_glob_means_all_that_match_in_the_order_of_the_documents_each_once():
    both = ids("elementwise/mul/*")
    assert both == ["elementwise/mul/wrt-w", "elementwise/mul/wrt-x"]
    assert ids("elementwise/mul/wrt-?") == both
    assert ids("elementwise/mul/wrt-x", "elementwise/mul/*", "elementwise/mul/wrt-w") == both
    assert ids("*/mul/wrt-w", "*") == ids()


@pytest.mark.parametrize(
    ("argument", "near"),
    [
        ("elementwise/mull/wrt-w", "elementwise/mul/wrt-w"),
        ("elementwise/mull/*", "elementwise/mul/[*]"),
        ("elementwize/*", "elementwise/[*]"),
        ("elementwize", "elementwise/[*]"),
        ("elementwise", "elementwise/[*]"),
        ("E001-99", "E001-"),
        ("chain/vector/generall", "chain/vector/general"),
    ],
)
def test_what_means_nothing_names_what_is_near(argument, near):
    with pytest.raises(
        InvalidArgument, match=f"given '{argument.replace('*', '[*]')}'.*did you mean .*{near}"
    ):
        select([argument])


@pytest.mark.parametrize(
    "argument", ["no/such/*", "zzzzqqq", "", ".", ".relative", "zzzz.qqqq", "zz zz", "zz-zz"]
)
def test_what_is_near_nothing_says_how_to_list_the_ids(argument):
    with pytest.raises(InvalidArgument, match="list the ids with `gradcheck list`"):
        select([argument])


def test_what_differs_in_case_alone_is_what_was_meant():
    with pytest.raises(InvalidArgument, match=r"did you mean elementwise/mul/wrt-w\?$"):
        select(["elementwise/mul/wrt-W"])


@pytest.mark.parametrize("argument", ["my_rules.py", "./my_rules.py"])
def test_a_file_is_not_a_module_and_its_name_is_told(tmp_path, argument):
    module(tmp_path, "my_rules", CUBE.format(rule_id="mine/cube"))
    with pytest.raises(InvalidArgument, match=r"the name of a module, not of its file; write my_rules$"):
        select([argument])


def test_a_module_in_the_working_folder_that_was_misspelt_is_named(tmp_path):
    module(tmp_path, "kernel_rules", CUBE.format(rule_id="mine/cube"))
    with pytest.raises(InvalidArgument, match=r"did you mean kernel_rules\?"):
        select(["kernel_rule"])


def test_modules_may_be_added_so_that_their_ids_can_be_named(tmp_path):
    module(tmp_path, "my_rules", CUBE.format(rule_id="mine/cube"))
    assert ids("mine/cube", modules=["my_rules"]) == ["mine/cube"]
    assert ids(modules=["my_rules"]) == [*(rule.id for rule in documents()), "mine/cube"]


def test_what_a_module_says_while_it_is_imported_is_no_result(tmp_path, capsys):
    module(tmp_path, "loud_rules", "print('hello')\n" + CUBE.format(rule_id="mine/cube"))
    assert ids("loud_rules") == ["mine/cube"]
    assert capsys.readouterr() == ("", "hello\n")


def test_a_module_run_as_a_script_and_imported_holds_its_rules_once(tmp_path):
    path = module(tmp_path, "my_rules", CUBE.format(rule_id="mine/cube"))
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), {"__name__": "__main__"})
    assert ids("my_rules") == ["mine/cube"]
    module(tmp_path, "other_rules", CUBE.format(rule_id="mine/cube"))
    with pytest.raises(InvalidArgument, match=r"an id not yet taken \(by my_rules.cube\)"):
        ids("other_rules")


def test_one_bad_argument_among_good_ones_is_an_error():
    with pytest.raises(InvalidArgument):
        select(["elementwise/mul/*", "no/such/*"])


def test_a_module_of_the_working_folder_means_the_rules_it_registers(tmp_path):
    module(tmp_path, "my_rules", CUBE.format(rule_id="mine/cube"))
    assert ids("my_rules") == ["mine/cube"]
    assert ids("mine/*") == ["mine/cube"]
    assert find_rule("mine/cube").group.value == "user"
    assert ids("my_rules", "elementwise/mul/wrt-w") == ["elementwise/mul/wrt-w", "mine/cube"]


def test_a_module_means_the_same_rules_each_time_even_those_of_its_helpers(tmp_path):
    module(tmp_path, "helper_of_rules", CUBE.format(rule_id="mine/helped"))
    module(tmp_path, "my_rules", "import helper_of_rules\n" + CUBE.format(rule_id="mine/cube"))
    assert ids("my_rules") == ["mine/helped", "mine/cube"]
    assert ids("my_rules") == ["mine/helped", "mine/cube"]
    assert ids("helper_of_rules") == ["mine/helped"]


def test_a_package_of_rules_and_a_module_in_it(tmp_path):
    (tmp_path / "pack").mkdir()
    module(tmp_path / "pack", "__init__", "from pack import inner\n")
    module(tmp_path / "pack", "inner", CUBE.format(rule_id="pack/cube"))
    assert ids("pack.inner") == ["pack/cube"]
    assert ids("pack") == ["pack/cube"]


def test_a_module_without_rules_is_an_error(tmp_path):
    module(tmp_path, "no_rules", "x = 1\n")
    with pytest.raises(
        InvalidArgument, match=r"a module that registers rules; decorate with @gradcheck\.rule"
    ):
        select(["no_rules"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 / 0\n", "ZeroDivisionError: division by zero .*broken_rules.py, line 1"),
        ("import zzzz_missing\n", "No module named 'zzzz_missing' .*broken_rules.py, line 1"),
        ("def (\n", "SyntaxError: .*broken_rules.py, line 1"),
        ("import gradcheck\ngradcheck.rule('a/b', 'n', names='x', wrt='x', f=abs)\n", "signature"),
    ],
    ids=["raises", "misses a module", "no Python", "bad rule"],
)
def test_a_module_that_cannot_be_imported_says_why_and_where(tmp_path, text, words):
    module(tmp_path, "broken_rules", text)
    with pytest.raises(
        InvalidArgument, match=f"(?s)given 'broken_rules', expected a module that can .*{words}"
    ):
        select(["broken_rules"])


def test_a_missing_parent_is_a_missing_module(tmp_path):
    module(tmp_path, "my_rules", CUBE.format(rule_id="mine/cube"))
    with pytest.raises(InvalidArgument, match="or an importable module of rules"):
        select(["my_rules.inner"])


def test_an_interrupted_import_is_an_interrupt(tmp_path):
    module(tmp_path, "slow_rules", "raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        select(["slow_rules"])


def test_no_other_project_may_take_an_id_of_the_documents(tmp_path):
    module(tmp_path, "greedy_rules", CUBE.format(rule_id="elementwise/mul/wrt-w"))
    with pytest.raises(InvalidArgument, match=r"`rule_id`: given 'elementwise/mul/wrt-w'.*choose another id"):
        select(["greedy_rules"])


def test_what_names_a_module_and_what_names_rules():
    assert modules_of(["elementwise/*", "my_rules", "elementwise/mul/wrt-w", "pack.inner"]) == (
        "my_rules",
        "pack.inner",
    )
    misprint = next(rule.id for rule in documents() if rule.right is not None)
    assert modules_of([misprint, "*"]) == ()


def test_installed_projects_offer_modules_of_rules(tmp_path, monkeypatch):
    module(tmp_path, "their_rules", CUBE.format(rule_id="theirs/cube"))
    monkeypatch.syspath_prepend(str(tmp_path))
    info = tmp_path / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[gradcheck.rules]\ntheirs = their_rules:x\n", encoding="utf-8")
    assert "theirs/cube" not in ids()
    assert load_installed() == ("their_rules",)
    assert ids(all_installed=True) == [*ids(), "theirs/cube"]
    assert ids("theirs/*", all_installed=True) == ["theirs/cube"]


def test_a_rule_is_found_by_its_id():
    assert find_rule("elementwise/mul/wrt-w").id == "elementwise/mul/wrt-w"
    with pytest.raises(InvalidArgument, match="did you mean elementwise/mul/wrt-w"):
        find_rule("elementwise/mul/wrtw")
