"""The filter of ListUsers."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from userpool.server.records import User
from userpool.server.rules.user_filter import SEARCHED, UserFilter, matches, parse_filter
from userpool.wire.faults import InvalidParameterException
from userpool.wire.user_pools import UsernameConfigurationType, UserPoolType

POOL = UserPoolType()
ANY_CASE = UserPoolType(username_configuration=UsernameConfigurationType(case_sensitive=False))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('email = "ann@example.com"', UserFilter("email", "ann@example.com", is_prefix=False)),
        ('email="ann@example.com"', UserFilter("email", "ann@example.com", is_prefix=False)),
        ('email ^= "ann"', UserFilter("email", "ann", is_prefix=True)),
        ('email^="ann"', UserFilter("email", "ann", is_prefix=True)),
        ('  email\t^=\n"ann"  ', UserFilter("email", "ann", is_prefix=True)),
        ('name = ""', UserFilter("name", "", is_prefix=False)),
        ('name = " "', UserFilter("name", " ", is_prefix=False)),
        (r'name = "a \"b\" c"', UserFilter("name", 'a "b" c', is_prefix=False)),
        (r'name = "a\\"', UserFilter("name", "a\\", is_prefix=False)),
        (r'name = "a\b"', UserFilter("name", r"a\b", is_prefix=False)),
        (r'name = "\\\""', UserFilter("name", '\\"', is_prefix=False)),
        ('name = "a^=b"', UserFilter("name", "a^=b", is_prefix=False)),
        ('name = "*"', UserFilter("name", "*", is_prefix=False)),
        ('sub = "x"', UserFilter("sub", "x", is_prefix=False)),
        ('status = "Enabled"', UserFilter("status", "Enabled", is_prefix=False)),
        (
            'cognito:user_status = "Confirmed"',
            UserFilter("cognito:user_status", "CONFIRMED", is_prefix=False),
        ),
    ],
)
def test_a_filter_compares_one_attribute_with_one_value(text: str, expected: UserFilter) -> None:
    assert parse_filter(POOL, text) == expected


@pytest.mark.parametrize("text", [None, "", "   "])
def test_no_filter_means_everybody(text: str | None) -> None:
    assert parse_filter(POOL, text) is None


@pytest.mark.parametrize(
    "text",
    [
        "email",
        "email =",
        "email = ann",
        "email = 'ann'",
        'email "ann"',
        'email == "ann"',
        'email ^ = "ann"',
        'email != "ann"',
        'email > "ann"',
        '= "ann"',
        'email = "ann',
        'email = "ann" and name = "Ann"',
        'email = "an"n"',
        r'email = "ann\"',
        '"email" = "ann"',
        'given name = "Ann"',
    ],
)
def test_what_is_no_comparison_is_refused(text: str) -> None:
    with pytest.raises(InvalidParameterException, match=r"^Error while parsing filter$"):
        parse_filter(POOL, text)


@pytest.mark.parametrize("name", ["custom:foo", "address", "email_verified", "Email", "user_status", "*"])
def test_an_attribute_that_is_not_searched_is_named(name: str) -> None:
    with pytest.raises(InvalidParameterException) as caught:
        parse_filter(POOL, f'{name} = "x"')

    assert caught.value.message == f"Invalid search attribute: {name}"


def test_a_pool_that_ignores_case_ignores_it_in_addresses_and_names_but_not_in_usernames() -> None:
    assert parse_filter(ANY_CASE, 'email = "ANN"') == UserFilter("email", "ann", is_prefix=False)
    assert parse_filter(ANY_CASE, 'username = "ANN"') == UserFilter("username", "ANN", is_prefix=False)


@given(st.text())
@example('email = "' + "\\" * 1001 + '"')
@example('email = "' + '\\"' * 1000)
@example(" " * 5000 + "x")
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        found = parse_filter(POOL, text)
    except InvalidParameterException:
        return
    assert found is None or found.attribute in SEARCHED


@given(st.sampled_from(sorted(SEARCHED - {"cognito:user_status"})), st.text(), st.booleans())
def test_any_value_can_be_quoted(attribute: str, value: str, is_prefix: bool) -> None:  # noqa: FBT001
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')

    found = parse_filter(POOL, f'{attribute} {"^=" if is_prefix else "="} "{quoted}"')

    assert found == UserFilter(attribute, value, is_prefix)


@given(st.text(max_size=5), st.text(max_size=5))
def test_a_user_matches_by_the_whole_value_or_by_its_beginning(value: str, searched: str) -> None:
    user = User(
        sub="s",
        pool_id="p",
        username="ann",
        status="CONFIRMED",
        created_ms=0,
        modified_ms=0,
        attributes={"name": value} if value else {},
    )

    exact = matches(POOL, user, UserFilter("name", searched, is_prefix=False))
    prefix = matches(POOL, user, UserFilter("name", searched, is_prefix=True))

    assert exact is (bool(value) and value == searched)
    assert prefix is (bool(value) and value.startswith(searched))
