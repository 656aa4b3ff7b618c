"""Parameter files: what is right is taken literally, what is wrong is said with its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stackyard.environments import choose, environments, load, strays
from stackyard.errors import BuildError
from stackyard.findings import Finding

BODY: dict[str, Any] = {
    "Parameters": {
        "TemplateBucket": {"Type": "String"},
        "TemplatePrefix": {"Type": "String", "Default": "stackyard/1/"},
        "VpcCidr": {
            "Type": "String",
            "Description": "IPv4 range of the VPC.",
            "AllowedPattern": r"\d+(\.\d+){3}/\d+",
        },
        "AzCount": {"Type": "String", "AllowedValues": ["2", "3"], "Default": "2"},
        "HasFlowLog": {"Type": "String", "AllowedValues": ["true", "false"], "Default": "false"},
        "MinCount": {"Type": "Number", "MinValue": 1, "MaxValue": 10, "Default": 1},
        "Name": {"Type": "String", "MinLength": 2, "MaxLength": 20, "Default": "name"},
        "Zones": {"Type": "CommaDelimitedList", "AllowedPattern": "[a-z0-9-]*", "Default": ""},
        "Ports": {"Type": "List<Number>", "Default": "80"},
    },
    "Rules": {
        "ThreeZonesInEurope": {
            "RuleCondition": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-west-1"]},
            "Assertions": [
                {
                    "Assert": {"Fn::Equals": [{"Ref": "AzCount"}, "3"]},
                    "AssertDescription": "Three zones are required in eu-west-1.",
                }
            ],
        }
    },
}
GOOD = """\
stack_name: shop-dev
regions: [us-east-1]
parameters:
  VpcCidr: 10.0.0.0/16
"""
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files of the blueprint ``shop``; return the params folder."""

    def files(**contents: str | bytes) -> Path:
        folder = tmp_path / "params" / "shop"
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            data = content.encode() if isinstance(content, str) else content
            (folder / f"{name}.yaml").write_bytes(data)
        return tmp_path / "params"

    return files


def findings(params: Path) -> list[Finding]:
    return load(params, "shop", BODY)[1]


def with_value(line: str) -> str:
    return f"{GOOD}  {line}\n"


def test_an_environment_is_common_values_and_its_own_which_win(write: Write) -> None:
    params = write(
        common="tags: {project: shop, tier: low}\nparameters:\n  AzCount: 2\n  MinCount: 3\n",
        dev=GOOD + "  AzCount: 3\ntags: {tier: high}\n",
        test=GOOD.replace("shop-dev", "shop-test"),
    )
    (dev, test), found = load(params, "shop", BODY)
    assert found == []
    assert (dev.blueprint, dev.environment, dev.stack_name) == ("shop", "dev", "shop-dev")
    assert dev.regions == ("us-east-1",)
    assert dev.termination_protection is False
    assert dev.tags == {"project": "shop", "tier": "high"}
    assert dev.parameters == {"VpcCidr": "10.0.0.0/16", "AzCount": "3", "MinCount": "3"}
    assert list(dev.parameters) == ["VpcCidr", "AzCount", "MinCount"]  # the template's order
    assert test.parameters["AzCount"] == "2"
    assert str(dev.locations["AzCount"]) == "params/shop/dev.yaml:5:3"
    assert str(dev.locations["MinCount"]) == "params/shop/common.yaml:4:3"


def test_data_is_guarded_unless_a_file_says_otherwise(write: Write) -> None:
    test = GOOD.replace("shop-dev", "shop-test")
    params = write(common="destroy: keep-data\n", dev=GOOD + "destroy: everything\n", test=test)
    (dev, other), found = load(params, "shop", BODY)
    assert found == []
    assert (dev.destroy, other.destroy) == ("everything", "keep-data")
    (params / "shop" / "common.yaml").unlink()
    assert load(params, "shop", BODY)[0][1].destroy == "guarded"


@pytest.mark.parametrize(
    ("line", "name", "text"),
    [
        ("AzCount: 2", "AzCount", "2"),
        ("HasFlowLog: true", "HasFlowLog", "true"),
        ('HasFlowLog: "false"', "HasFlowLog", "false"),
        ("MinCount: '4'", "MinCount", "4"),
        ("MinCount: 1.50", "MinCount", "1.50"),
        ("Name: 123456789012", "Name", "123456789012"),
        ('Name: "012345678901"', "Name", "012345678901"),
        ('Name: "15.10"', "Name", "15.10"),
        ("Name: 15.1", "Name", "15.1"),
        ('Name: "no"', "Name", "no"),
        ("Name: Mon:03:00-Mon:04:00", "Name", "Mon:03:00-Mon:04:00"),
        ("Zones: [a, b-1]", "Zones", "a,b-1"),
        ("Zones: a,b", "Zones", "a,b"),
        ("Zones: []", "Zones", ""),
        ("Ports: [80, 443]", "Ports", "80,443"),
        ("Ports: 80", "Ports", "80"),
    ],
)
def test_a_value_becomes_the_text_that_cloudformation_takes(
    write: Write, line: str, name: str, text: str
) -> None:
    (made,), found = load(write(dev=with_value(line)), "shop", BODY)
    assert found == []
    assert made.parameters[name] == text


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Name: 012345678901", 'write "012345678901" in quotes'),
        ("Name: 0777", 'write "0777" in quotes'),
        ("Name: 15.10", 'write "15.10" in quotes'),
        ("Name: 1e5", 'write "1e5" in quotes'),
        ("Name: 12:30:00", 'write "12:30:00" in quotes'),
        ("Name: 0x1F", 'write "0x1F" in quotes'),
        ("Name: 1_000", 'write "1_000" in quotes'),
        ("Name: no", 'is no, which YAML reads as false; write "no" in quotes'),
        ("Name: On", 'write "On" in quotes'),
        ("Name: true", 'write "true" in quotes'),
        ("Name: 2026-01-31", "which YAML reads as a date"),
        ("Name: ~", 'has no value; write ""'),
        ("Name:", 'has no value; write ""'),
        ("Name: [ab]", "Name is a list; write one value"),
        ("Name: {a: b}", "Name is a mapping; write one value"),
        ("Name: !Ref Other", "has the tag !Ref"),
        ("HasFlowLog: no", "write false"),
        ("HasFlowLog: True", "write true"),
        ("HasFlowLog: 1", "write one of true, false"),
        ("MinCount: many", "a number is wanted"),
        ("MinCount: yes", "a boolean; write a number"),
        ("MinCount: 0x10", "write it in decimal digits"),
        ("MinCount: 0", "is 0; the least is 1"),
        ("MinCount: 11", "is 11; the most is 10"),
        ("Name: a", "the least is 2 characters"),
        (f"Name: {'a' * 21}", "the most is 20 characters"),
        ("AzCount: 4", "is '4'; write one of 2, 3"),
        ("Zones: [a, B]", "is 'B', which does not match"),
        ('Zones: ["a,b"]', "would be split at the comma"),
        (f"Zones: {'a' * 4097}", "4097 bytes long; CloudFormation takes 4096"),
        ("Ports: [http]", "a number is wanted"),
        ("AzCuont: 2", "no parameter 'AzCuont'; did you mean 'AzCount'?"),
        ("az_count: 2", "did you mean 'AzCount'?"),
    ],
)
def test_a_wrong_value_is_refused_in_its_line_with_a_remedy(
    write: Write, line: str, message: str
) -> None:
    sets, (finding,) = load(write(dev=with_value(line)), "shop", BODY)
    assert sets == []
    assert message in finding.message
    assert (finding.file, finding.line) == ("params/shop/dev.yaml", 5)
    assert (finding.rule, finding.subject) == ("params", "dev")


def test_a_pattern_that_does_not_match_is_explained_in_the_templates_words(write: Write) -> None:
    (finding,) = findings(write(dev=GOOD.replace("/16", "")))
    assert "wanted: IPv4 range of the VPC" in finding.message
    assert (finding.line, finding.column) == (4, 12)


def test_every_problem_is_reported_in_one_go(write: Write) -> None:
    params = write(
        common="regions: [us-esat-1]\nparameters:\n  Nmae: x\n",
        dev="stack_name: 1dev\nparameters:\n  AzCount: 9\n  MinCount: no\n",
        test="tags: {'aws:x': y}\n",
    )
    found = [(finding.file.rpartition("/")[2], finding.line) for finding in findings(params)]
    assert found == [
        ("common.yaml", 1),  # no such region
        ("common.yaml", 3),  # no such parameter
        ("dev.yaml", 1),  # stack_name
        ("dev.yaml", 2),  # VpcCidr is missing
        ("dev.yaml", 3),  # not allowed
        ("dev.yaml", 4),  # not a number
        ("test.yaml", 1),  # stack_name is missing
        ("test.yaml", 1),  # VpcCidr is missing
        ("test.yaml", 1),  # tag
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("# only a comment\n", "is empty"),
        ("- a\n- b\n", "the file is a list, not a mapping"),
        ("just text\n", "the file is a single value, not a mapping"),
        (b"stack_name: \xff\n", "byte 0xff is not UTF-8; save it as UTF-8"),
        ("stack_name: a\n\tregions: [x]\n", "is not YAML"),
        ("stack_name: [a\n", "is not YAML"),
        ("stack_name: \x07\n", "is not YAML"),
        ("a: 1\n---\nb: 2\n", "is not YAML"),
        ("a: *nowhere\n", "is not YAML"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_finding(
    write: Write, content: str | bytes, message: str
) -> None:
    (finding,) = findings(write(dev=content))
    assert message in finding.message
    assert finding.file == "params/shop/dev.yaml"


def test_a_syntax_error_and_a_wrong_byte_have_line_and_column(write: Write) -> None:
    params = write(dev=GOOD + "  a: [\n", test=b"a: b\nc: d\xff\n", zoo="a: b\nc: d\x07\n")
    syntax, encoding, forbidden = findings(params)
    assert (syntax.file, syntax.line) == ("params/shop/dev.yaml", 6)
    assert (encoding.line, encoding.column) == (2, 5)
    assert (forbidden.line, forbidden.column) == (2, 5)


def test_a_file_that_may_not_be_read_or_is_a_folder_is_a_finding(write: Write) -> None:
    params = write()
    (params / "shop" / "dev.yaml").mkdir()
    (finding,) = findings(params)
    assert "cannot be read: is a directory" in finding.message


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        (GOOD + "  VpcCidr: 10.1.0.0/16\n", 5, "VpcCidr is given twice, first in line 4"),
        (GOOD + "regions: [us-east-1]\n", 5, "regions is given twice, first in line 2"),
        (GOOD + "tags: {a: b, a: c}\n", 5, "a is given twice"),
        (GOOD + "? [a]\n: b\n", 5, "a key is a list"),
        (GOOD + "region: us-east-1\n", 5, "no key 'region'; did you mean 'regions'?"),
        (GOOD + "AzCount: 2\n", 5, "AzCount is a parameter of the template; move it"),
        (GOOD + "tags: [a]\n", 5, "tags is a list, not a mapping"),
        (GOOD + "tags:\n", 5, "tags is empty"),
        (GOOD + "tags: {cost: 012}\n", 5, 'write "012" in quotes'),
        (GOOD + "tags: {Aws:cost: x}\n", 5, "begins with aws:"),
        (GOOD + 'tags: {cost: ""}\n', 5, "has a value of 0 characters; write 1 to 256"),
        (GOOD + "tags: {cost: a*b}\n", 5, "use letters, digits, space"),
        (GOOD + f"tags: {{{'k' * 129}: x}}\n", 5, "has a key of 129 characters"),
        (GOOD + f"tags: {{k: {'x' * 257}}}\n", 5, "has a value of 257 characters"),
        (GOOD + "termination_protection: yes\n", 5, "write true"),
        (GOOD + "termination_protection: maybe\n", 5, "write true or false"),
        (GOOD + "destroy: all\n", 5, "write one of guarded, keep-data, everything"),
        (GOOD.replace("[us-east-1]", "us-east-1"), 2, "write a list"),
        (GOOD.replace("[us-east-1]", "[]"), 2, "regions is empty"),
        (GOOD.replace("us-east-1", "us-east-11"), 2, "did you mean 'us-east-1'?"),
        (GOOD.replace("us-east-1", "nowhere"), 2, "no region 'nowhere'"),
        (GOOD.replace("[us-east-1]", "[us-east-1, us-east-1]"), 2, "names us-east-1 twice"),
        (GOOD.replace("shop-dev", "shop_dev"), 1, "stack_name is 'shop_dev'"),
        (GOOD.replace("shop-dev", "s" * 129), 1, "128 characters at most"),
        (GOOD.replace("stack_name: shop-dev\n", ""), 1, "add for example stack_name: shop-dev"),
        (GOOD.replace("regions: [us-east-1]\n", ""), 1, "no regions"),
        (GOOD.replace("  VpcCidr: 10.0.0.0/16\n", "  AzCount: 2\n"), 3, "VpcCidr has no value"),
    ],
)
def test_a_wrong_key_is_reported_in_its_line(
    write: Write, content: str, line: int, message: str
) -> None:
    sets, (finding,) = load(write(dev=content), "shop", BODY)
    assert sets == []
    assert message in finding.message
    assert finding.line == line


def test_more_tags_than_aws_takes_are_counted_with_the_common_ones(write: Write) -> None:
    tags = ", ".join(f"k{number}: v" for number in range(50))
    params = write(common=f"tags: {{{tags}}}\n", dev=GOOD + "tags: {another: v}\n")
    (finding,) = findings(params)
    assert "51 tags" in finding.message


def test_a_common_value_that_every_environment_sets_is_reported(write: Write) -> None:
    params = write(
        common="parameters:\n  AzCount: 2\n  MinCount: 2\n",
        dev=with_value("AzCount: 3"),
        test=GOOD.replace("shop-dev", "shop-test") + "  AzCount: 2\n",
    )
    (finding,) = findings(params)
    assert finding.message.startswith("AzCount is set here and again by every environment")
    assert (finding.file, finding.line) == ("params/shop/common.yaml", 2)


def test_a_stack_name_is_no_common_value_and_belongs_to_one_environment(write: Write) -> None:
    common, shared = findings(write(common="stack_name: shop\n", dev=GOOD, test=GOOD))
    assert "move it" in common.message
    assert shared.message == "stack_name shop-dev is also that of dev; choose another"
    assert (shared.file, shared.line) == ("params/shop/test.yaml", 1)


def test_a_broken_rule_is_reported_where_its_parameter_stands(write: Write) -> None:
    content = with_value("AzCount: 2").replace("[us-east-1]", "[us-east-1, eu-west-1]")
    sets, (finding,) = load(write(dev=content), "shop", BODY)
    assert sets == []
    assert finding.line == 5
    assert finding.message == (
        "ThreeZonesInEurope: Three zones are required in eu-west-1; "
        'here AzCount is "2" (params/shop/dev.yaml:5:3), AWS::Region is "eu-west-1"'
    )


def test_a_rule_broken_by_a_default_says_so_at_the_parameters(write: Write) -> None:
    (finding,) = findings(write(dev=GOOD.replace("us-east-1", "eu-west-1")))
    assert 'AzCount is "2" (by default)' in finding.message
    assert finding.line == 3


def test_a_rule_is_not_judged_by_a_default_while_the_value_is_faulty(write: Write) -> None:
    content = with_value("AzCount: 4").replace("us-east-1", "eu-west-1")
    (finding,) = findings(write(dev=content))
    assert "write one of 2, 3" in finding.message


def test_a_faulty_environment_does_not_keep_the_others_from_loading(write: Write) -> None:
    params = write(dev=GOOD, test="stack_name: [\n")
    sets, found = load(params, "shop", BODY)
    assert [made.environment for made in sets] == ["dev"]
    assert len(found) == 1


def test_a_file_with_another_ending_or_an_impossible_name_is_not_passed_over(write: Write) -> None:
    params = write(**{"Dev Env": GOOD})
    (params / "shop" / "prod.yml").write_text(GOOD)
    (params / "shop" / "README.md").write_text("notes")
    impossible, ending = findings(params)
    assert "no environment can be called 'Dev Env'" in impossible.message
    assert ending.message == "is not read; name it prod.yaml"


def test_a_folder_that_cannot_be_read_is_one_error_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("a file where a folder should be")
    with pytest.raises(BuildError, match="cannot be read: not a directory; make it a readable"):
        load(tmp_path, "shop", BODY)


def test_a_blueprint_without_files_has_no_environments_and_no_findings(tmp_path: Path) -> None:
    assert load(tmp_path / "params", "shop", BODY) == ([], [])


def test_an_unknown_environment_is_answered_with_the_nearest_and_all(write: Write) -> None:
    params = write(common="", production=GOOD, dev=GOOD)
    assert environments(params, "shop") == ["dev", "production"]
    assert choose(params, "shop", "dev") == "dev"
    with pytest.raises(BuildError) as raised:
        choose(params, "shop", "prodution")
    assert str(raised.value) == (
        "params/shop: no environment 'prodution'; did you mean 'production'? known: dev, production"
    )
    with pytest.raises(BuildError, match=r"no environments; write params/other/dev\.yaml"):
        choose(params, "other", "dev")


def test_a_folder_of_no_blueprint_is_reported_with_the_nearest(write: Write) -> None:
    (finding,) = strays(write(dev=GOOD), ["shopp", "worker"])
    assert finding.file == "params/shop"
    assert "did you mean 'shopp'?" in finding.message
    assert strays(write(dev=GOOD), ["shop"]) == []
