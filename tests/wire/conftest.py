"""The strangers of the wire room: botocore's reading of the models, and texts that fit their patterns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import botocore
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from userpool.wire.registry import MODEL_VERSION

# Pattern of a request: texts that it matches, texts that it does not.
EXAMPLES: dict[str, tuple[list[str], list[str]]] = {
    r"(?s).*": (["", "a\nb", "\u2028"], []),
    r".*\{####\}.*": (
        ["{####}", "a {####} b", "{{####}}"],
        ["", "{###}", "a\n{####}", "{####}\r", "{####}\u2028"],
    ),
    r"Level[1-4]": (["Level1", "Level4"], ["Level5", "Level", "Level1\n", " Level1"]),
    r"[0-9]+": (["123456"], ["", "12a", "\u0661\u0662", "12\n"]),
    r"[A-Za-z0-9-_+/=.]+": (["a-Z_0+/=."], ["", "a b", "a,b", "é"]),
    r"[A-Za-z0-9-_=.]+": (["ey.J0-_="], ["", "a+b", "a/b"]),
    r"[\S]+": (["Passw0rd!", "пароль", "a\u00a0b", "\u2003"], ["", "a b", "a\tb", "a\x0b", "a\n"]),
    r"[\w-]+_[0-9a-zA-Z]+": (["eu-west-1_aB3", "a_b_c"], ["", "x", "_a", "a_", "a_b!", "é_a", "a_b\n"]),
    r"[\w-]+_[0-9a-f-]+": (["eu-west-1_0f-1a"], ["a_G", "a_"]),
    r"[\w+]+": (["6h89_+"], ["", "a b", "a-b", "é"]),
    r"[\w+=/]+": (["aGk+/="], ["", "a-b"]),
    r"[\w+-]+": (["a+b-c"], ["", "a b"]),
    r"[\w\s+=,.@-]+": (["My pool, v1.0 @home", "a\tb\n"], ["", "a!b", "é", "\u00a0"]),
    r"[\w\s+=.@-]+": (["my idp"], ["", "a,b"]),
    r"[\x21\x23-\x5B\x5D-\x7E]+": (["a!#[]~"], ["", 'a"', "a\\b", "a b"]),
    r"[\x21\x23-\x2E\x30-\x5B\x5D-\x7E]+": (["read:all"], ["", "a/b", 'a"']),
    r"^(terms-of-use|privacy-policy)$": (
        ["terms-of-use"],
        ["terms-of-use2", "xprivacy-policy", "privacy-policy\n"],
    ),
    r"^(tkn|sso)[a-z0-9]{25}$": (["tkn" + "a1" * 12 + "b"], ["tkn" + "a" * 24, "abc" + "a" * 25]),
    r"^[0-9a-fA-F]+$": (["09afAF"], ["", "g"]),
    r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[4][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$": (
        ["16fd2706-8baf-433b-82eb-8c7fada847da"],
        ["16fd2706-8baf-133b-82eb-8c7fada847da", "16fd2706"],
    ),
    r"^[\w\- ]+$": (["a b-c"], ["", "a\tb"]),
    r"^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$": (["a", "my-pool", "a" * 63], ["", "-a", "a-", "A", "a" * 64]),
    r"^[a-zA-Z0-9_-]+$": (["set_1"], ["", "a b"]),
    r"^cognito:(default|dutch|english|french|spanish|german|bahasa-indonesia|italian|japanese|korean"
    r"|portuguese-brazil|chinese-(simplified|traditional))$": (
        ["cognito:default", "cognito:chinese-simplified"],
        ["cognito:klingon", "cognito:chinese-"],
    ),
    r"arn:[\w+=/,.@-]+:[\w+=/,.@-]+:([\w+=/,.@-]*)?:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?": (
        ["arn:aws:lambda:eu-west-1:123456789012:function:hello", "arn:aws:iam::123456789012:role/x"],
        ["", "arn:aws:iam::abc:role/x", "arn:aws:iam"],
    ),
    r"(arn:[\w+=/,.@-]+:[\w+=/,.@-]+:([\w+=/,.@-]*)?:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?)?": (
        ["arn:aws:iam::123456789012:role/x", ""],
        ["arn", "arn:aws:iam::123456789012:role/x:a:b:c"],
    ),
    r"arn:[\w+=/,.@-]+:[\w+=/,.@-]+:::[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?": (
        ["arn:aws:s3:::bucket"],
        ["arn:aws:s3:eu::bucket"],
    ),
    r"import-[0-9a-zA-Z-]+": (["import-aB3"], ["ximport-a", "import-", "a\nimport-a"]),
    r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+": (
        ["alice@example.com", "żółw+1€", "日本", "👩", "e\u0301"],
        ["", "a b", "a\u00a0b", "a\x00", "a\u200bb", "\ue000", "a\n", "\u00ad", "\U000f0000"],
    ),
    r"^[\p{L}\p{M}\p{S}\p{N}\p{P}]+$": (["https://example.com/ü"], ["", "a b"]),
    r"[\p{L}\p{M}\p{S}\p{N}\p{P}\p{Z}]+": (
        ["My IdP", "a\u2003b"],
        ["", "a\tb", "a\x00", "a\u200bb", "\u200f", "\u202a"],
    ),
    r"[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r ]+": (["a b\tc\r\nd"], ["", "a\x0bb", "a\u00a0b"]),
    r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s]+": (["Your code", "a\x0bb"], ["", "a\u00a0b", "a\x00"]),
    r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]+": (["Dear *you*\n"], ["", "a\u00a0b"]),
    r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*": (["Dear *you*\n", ""], ["\u00a0"]),
    r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{####\}[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*": (
        ["Your code is {####}.", "{####}", "{####\n{####}"],
        ["", "no code", "{####}\u00a0", "\x00{####}", "{### #}"],
    ),
    r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{##[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*##\}"
    r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*": (
        ["Please {##click here##} now", "{####}", "{##{##a##}"],
        ["", "{##}", "{##a#}", "##} {##", "{##\u00a0##}"],
    ),
    r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+@[\p{L}\p{M}\p{S}\p{N}\p{P}]+": (
        ["a@b", "@@@", "a@b@c"],
        ["", "@", "a@", "@b", "@@", "a @b", "a@b\n"],
    ),
    r"[^_\p{Z}][\p{L}\p{M}\p{S}\p{N}\p{P}][^_\p{Z}]+": (
        ["SAML", "a_b"],
        ["", "ab", "_ab", "a b", "ab_", "ab\u2003"],
    ),
    r"(un)?authenticated": (["authenticated", "unauthenticated"], ["ununauthenticated", ""]),
    r"[\w-]+:[0-9a-f-]+": (["eu-west-1:0f-1a"], ["eu-west-1_a", ":a", "a:"]),
    r"[\w.;_/-]+": (["a.b;c/d"], ["", "a b"]),
    r"[\w._-]+": (["login.mycompany.app"], ["", "a/b"]),
    r"[\w._:/-]+": (["cognito-idp.eu-west-1.amazonaws.com/eu_a:b"], ["", "a b"]),
    r"[\w_]+": (["a_b"], ["", "a-b"]),
    r"\d+": (["123"], ["", "a", "\u0661"]),
}


@pytest.fixture(scope="session")
def models() -> dict[str, ServiceModel]:
    """Both service models as botocore reads them, by the prefix of their targets."""
    if botocore.__version__ != MODEL_VERSION:
        pytest.skip(
            f"the wire was generated from botocore {MODEL_VERSION}, and {botocore.__version__} is here"
        )
    loader = Loader()
    loaded = [
        ServiceModel(loader.load_service_model(name, "service-2"), name)
        for name in ("cognito-idp", "cognito-identity")
    ]
    return {model.metadata["targetPrefix"]: model for model in loaded}


@pytest.fixture(scope="session")
def pattern_examples() -> dict[str, tuple[list[str], list[str]]]:
    """For every pattern of the models, texts that it matches and texts that it does not."""
    return EXAMPLES


@pytest.fixture(scope="session")
def sample() -> Callable[..., Any]:
    """Give a function that makes a value for a shape of botocore's, with every member it can have."""
    return make_sample


def make_sample(shape: Any) -> Any:
    """Make a value as botocore's serializer takes it; it holds the limits of the shape."""
    rules = shape.metadata
    match shape.type_name:
        case "structure":
            return {name: make_sample(member) for name, member in shape.members.items()}
        case "list":
            return [make_sample(shape.member)] * max(1, rules.get("min", 0))
        case "map":
            return {make_sample(shape.key): make_sample(shape.value)}
        case "boolean":
            return True
        case "integer" | "long":
            return max(1, rules.get("min", 1))
        case "timestamp":
            return 1_700_000_000.25
        case "blob":
            return b"\x00\xffbytes"
        case _:
            return make_text(rules)


def make_text(rules: dict[str, Any]) -> str:
    """Make a text that holds the limits."""
    if "enum" in rules:
        return rules["enum"][0]
    # Patterns of replies bind the service, so there are no examples for those that only replies have.
    text = EXAMPLES.get(rules.get("pattern", ""), (["text"], []))[0][0]
    while len(text) < rules.get("min", 0):
        text += text or "x"
    return text
