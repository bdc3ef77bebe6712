"""A random life never comes to a state that the model of an account forbids, and tells no secret on the way.

Somebody signs up, signs in by every flow, switches second factors on and off, is remembered on devices and forgotten,
renews, revokes, forgets the password, is disabled, deleted, and joins again; somebody else guesses, and shows what has
been used up. After every step the pool has to be as the model says, and at the end every token that was ever given has
to be good or worthless as the model says. How each thing is done stands in `lives`, what must be true in
`account_model`.

Sources: as `account_model`.
"""

from __future__ import annotations

from account_model import EVERY_FACTOR, Account, Kind
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from lives import FLOWS, NAME, another
from lives_inside import ANY, Inside, has_code, is_signed_in, is_there

from userpool import (
    CodeMismatchException,
    ExpiredCodeException,
    NotAuthorizedException,
    RefreshTokenReuseException,
    UsernameExistsException,
    UserNotFoundException,
)
from userpool.wire.passwords import (
    AdminResetUserPassword,
    AdminResetUserPasswordRequest,
    AdminSetUserPassword,
    AdminSetUserPasswordRequest,
)
from userpool.wire.tokens import AdminUserGlobalSignOut, AdminUserGlobalSignOutRequest
from userpool.wire.users import (
    AdminEnableUser,
    AdminEnableUserRequest,
    AdminGetUser,
    AdminGetUserRequest,
)

APP = "SOFTWARE_TOKEN_MFA"
KINDS = st.builds(
    Kind,
    mfa=st.sampled_from(["OPTIONAL", "ON"]),
    factors=st.sampled_from([EVERY_FACTOR, (APP,)]),
    devices=st.sampled_from(["none", "always", "asked", "counted"]),
    rotates=st.booleans(),
)


class Life(Inside):
    """What happens to one name of a pool."""

    @initialize(kind=KINDS, begins=st.sampled_from(["joined", "equipped", "joined", "nobody"]))
    def begin_anew(self, kind: Kind, begins: str) -> None:
        self.open(kind)
        if begins != "nobody":
            self.join(goes_on=True)
        if begins == "equipped":
            self.set_up_an_app(which=0, slips=False)
            self.switch_a_factor(APP, "enabled", which=0, by_administrator=False)

    @invariant()
    def the_pool_is_as_the_model_says(self) -> None:
        if not hasattr(self, "local"):
            return
        request = AdminGetUserRequest(user_pool_id=self.local.user_pool_id, username=NAME)
        if self.account is None:
            self.refused(lambda: self.local.call(AdminGetUser, request), UserNotFoundException)
            return
        account, told = self.account, self.local.call(AdminGetUser, request)
        attributes = {attribute.name: attribute.value for attribute in told.user_attributes or []}
        assert (told.user_status, told.enabled) == (account.status, account.enabled)
        assert set(told.user_mfa_setting_list or ()) == account.factors
        assert told.preferred_mfa_setting == account.preferred
        assert attributes["email"] == account.email
        assert attributes["email_verified"] == str(account.email_verified).lower()

    # ---- joining ----

    @precondition(lambda life: life.account is None)
    @rule()
    def sign_up(self) -> None:
        account, before = Account(self.new_password(), self.new_address()), self.messages()
        self.show(self.pool.sign_up(NAME, account.password, {"email": account.email}))
        self.account = account
        self.keep_code("sign_up", self.sent(messages=before), hours=24)
        password, address = self.new_password(), self.new_address()
        self.refused(lambda: self.pool.sign_up(NAME, password, {"email": address}), UsernameExistsException)
        self.refused(lambda: self.pool.sign_in(NAME, password), NotAuthorizedException)
        self.wait(minutes=16)

    @precondition(lambda life: life.account is None)
    @rule(goes_on=st.booleans())
    def join(self, goes_on: bool) -> None:  # noqa: FBT001 - as above
        """Sign up, confirm, and perhaps sign in with nothing but the session of it."""
        before, account = self.messages(), Account(self.new_password(), self.new_address())
        joined = self.show(self.pool.sign_up(NAME, account.password, {"email": account.email}))
        code = self.sent(messages=before)
        confirmed = self.show(self.pool.confirm_sign_up(NAME, code, session=joined.session))
        self.account = account
        self.used_codes.append(("sign_up", code))
        account.status, account.email_verified = "CONFIRMED", True
        if goes_on:
            pool = self.elsewhere()
            step = pool.sign_in(NAME, session=confirmed.session)
            self.go_through(pool, step, device=None, choice=0, slips=False)
            self.refused(lambda: pool.sign_in(NAME, session=confirmed.session), NotAuthorizedException)

    @precondition(has_code("sign_up"))
    @rule(is_right=st.booleans())
    def confirm(self, is_right: bool) -> None:  # noqa: FBT001 - as above
        account = self.living
        code = account.codes["sign_up"]
        given = code.text if is_right else another(code.text)
        if account.status != "UNCONFIRMED":
            self.refused(lambda: self.pool.confirm_sign_up(NAME, given), NotAuthorizedException)
        elif code.expires <= self.now:
            self.refused(lambda: self.pool.confirm_sign_up(NAME, given), ExpiredCodeException)
        elif is_right:
            self.pool.confirm_sign_up(NAME, given)
            account.status, account.email_verified = "CONFIRMED", True
            self.drop_code("sign_up")
        else:
            self.refused(lambda: self.pool.confirm_sign_up(NAME, given), CodeMismatchException)
        self.wait(minutes=5)

    @precondition(lambda life: is_there(life) and life.account.status == "UNCONFIRMED")
    @rule()
    def send_the_confirmation_again(self) -> None:
        before = self.messages()
        self.show(self.pool.resend_confirmation_code(NAME))
        self.keep_code("sign_up", self.sent(messages=before), hours=24)
        self.wait(minutes=13)

    # ---- signing in ----

    @rule(flow=st.sampled_from(FLOWS), choice=ANY, slips=st.booleans())
    def sign_in_anywhere(self, flow: str, choice: int, slips: bool) -> None:  # noqa: FBT001 - as above
        self.sign_in(flow, None, choice=choice, slips=slips)

    @precondition(lambda life: life.devices())
    @rule(flow=st.sampled_from(FLOWS), device=ANY, choice=ANY, slips=st.booleans())
    def sign_in_on_a_device(self, flow: str, device: int, choice: int, slips: bool) -> None:  # noqa: FBT001
        there = self.devices()
        self.sign_in(flow, there[device % len(there)], choice=choice, slips=slips)

    @precondition(lambda life: is_there(life) and life.is_well() and APP in life.wanted())
    @rule()
    def show_a_code_of_the_app_twice(self) -> None:
        self.sign_in("USER_PASSWORD_AUTH", None, choice=self.wanted().index(APP), slips=True)

    @precondition(lambda life: is_there(life) and life.is_well())
    @rule(flow=st.sampled_from(FLOWS), device=ANY, times=st.sampled_from([1, 1, 5]))
    def guess(self, flow: str, device: int, times: int) -> None:
        """A wrong password, or another answer than the triggers want, lets nobody in, whatever device it comes from."""
        there = [None, *self.devices()]
        shown, pool = there[device % len(there)], self.elsewhere()
        wrong, right = self.new_password(), self.living.password

        def begin(password: str) -> None:
            self.begin(pool, flow, password=password, device=shown)

        for _ in range(times):
            self.refused(lambda: begin(wrong), NotAuthorizedException)
        if times == 5 and flow != "CUSTOM_AUTH":
            self.refused(lambda: begin(right), NotAuthorizedException)
        assert pool.current_user() is None
        self.wait(minutes=16)

    @precondition(lambda life: is_there(life) and not life.is_well())
    @rule()
    def be_helped(self) -> None:
        """An administrator puts right whatever keeps the person out."""
        self.living.enabled = True
        request = AdminEnableUserRequest(user_pool_id=self.local.user_pool_id, username=NAME)
        self.local.call(AdminEnableUser, request)
        self.be_given_a_password(permanent=True)

    # ---- tokens ----

    @precondition(lambda life: len(life.sessions) > 3)
    @rule(which=ANY)
    def look_at_tokens(self, which: int) -> None:
        self.check(self.held(which, alive=False))

    @precondition(is_signed_in)
    @rule(which=ANY, times=st.integers(1, 3))
    def renew(self, which: int, times: int) -> None:
        held = self.held(which)
        for _ in range(times):
            before = held.tokens
            after = self.use(held, lambda user: self.show(user.refresh()))
            assert after.access_token != before.access_token
            assert (after.refresh_token != before.refresh_token) == self.kind.rotates

    @precondition(lambda life: is_signed_in(life) and life.kind.rotates)
    @rule(which=ANY)
    def show_a_token_after_its_owner_did(self, which: int) -> None:
        held = self.held(which)
        old = held.tokens
        self.use(held, lambda user: user.refresh())
        self.refused(lambda: self.elsewhere().user_from_tokens(old).refresh(), RefreshTokenReuseException)
        self.end([held])

    @precondition(lambda life: any(held.replaced for held in life.sessions))
    @rule(which=ANY, age=ANY)
    def show_a_replaced_token(self, which: int, age: int) -> None:
        there = sorted((held for held in self.sessions if held.replaced), key=lambda held: not held.alive)
        held = there[which % len(there)]
        expected = RefreshTokenReuseException if held.alive else NotAuthorizedException
        old = held.replaced[-1 - age % len(held.replaced)]
        self.refused(lambda: self.elsewhere().user_from_tokens(old).refresh(), expected)
        self.end([held])

    @precondition(is_signed_in)
    @rule(which=ANY)
    def sign_out(self, which: int) -> None:
        held = self.held(which)
        assert self.show(self.use(held, lambda user: user.sign_out())).revoked
        self.end([held])

    @precondition(is_signed_in)
    @rule(which=ANY, by_administrator=st.booleans())
    def sign_out_everywhere(self, which: int, by_administrator: bool) -> None:  # noqa: FBT001 - as above
        if by_administrator:
            request = AdminUserGlobalSignOutRequest(user_pool_id=self.local.user_pool_id, username=NAME)
            self.local.call(AdminUserGlobalSignOut, request)
        else:
            assert self.show(self.use(self.held(which), lambda user: user.global_sign_out())).revoked
        self.end(self.sessions)

    # ---- passwords ----

    @precondition(is_signed_in)
    @rule(which=ANY, is_right=st.booleans())
    def change_password(self, which: int, is_right: bool) -> None:  # noqa: FBT001 - as above
        account, new = self.living, self.new_password()
        previous = account.password if is_right else self.new_password()

        def change() -> None:
            self.use(self.held(which), lambda user: user.change_password(previous, new))

        if is_right and account.status != "RESET_REQUIRED":
            change()
            account.password = new
            self.drop_code("forgot_password")
        else:
            self.refused(change, NotAuthorizedException)
        self.wait(minutes=16)

    @precondition(lambda life: is_there(life) and "forgot_password" not in life.account.codes)
    @rule()
    def forget_password(self) -> None:
        before = self.messages()
        self.show(self.pool.forgot_password(NAME))
        account = self.living
        # Who can't be sent a code isn't told so; a code before that is void all the same.
        self.drop_code("forgot_password")
        if account.enabled and account.can_be_sent_a_reset(self.kind):
            self.keep_reset_code(messages=before)
        assert self.messages() == before + ("forgot_password" in account.codes)
        self.wait(minutes=13)

    @precondition(has_code("forgot_password"))
    @rule(is_right=st.booleans())
    def reset_password(self, is_right: bool) -> None:  # noqa: FBT001 - as above
        account, new = self.living, self.new_password()
        code = account.codes["forgot_password"]
        given = code.text if is_right else another(code.text)
        if code.expires <= self.now:
            self.refused(lambda: self.pool.confirm_forgot_password(NAME, given, new), ExpiredCodeException)
        elif not is_right or not account.enabled:
            self.refused(lambda: self.pool.confirm_forgot_password(NAME, given, new), CodeMismatchException)
            if is_right:
                self.drop_code("forgot_password")
        elif code.value not in {account.email, account.phone}:
            # It lies at an address that was given up.
            self.refused(lambda: self.pool.confirm_forgot_password(NAME, given, new), ExpiredCodeException)
        else:
            self.pool.confirm_forgot_password(NAME, given, new)
            account.password, account.status = new, "CONFIRMED"
            self.drop_code("forgot_password")
        self.wait(minutes=5)

    @precondition(is_signed_in)
    @rule(permanent=st.booleans())
    def be_given_a_password(self, permanent: bool) -> None:  # noqa: FBT001 - as above
        account = self.living
        account.password = self.new_password()
        request = AdminSetUserPasswordRequest(
            user_pool_id=self.local.user_pool_id,
            username=NAME,
            password=account.password,
            permanent=permanent,
        )
        self.local.call(AdminSetUserPassword, request)
        account.status = "CONFIRMED" if permanent else "FORCE_CHANGE_PASSWORD"
        self.drop_code("forgot_password")

    @precondition(lambda life: is_there(life) and life.is_well())
    @rule()
    def have_to_reset_the_password(self) -> None:
        account, before = self.living, self.messages()
        request = AdminResetUserPasswordRequest(user_pool_id=self.local.user_pool_id, username=NAME)
        if not account.can_be_sent_a_reset(self.kind):
            self.refused(lambda: self.local.call(AdminResetUserPassword, request))
            return
        self.local.call(AdminResetUserPassword, request)
        account.status = "RESET_REQUIRED"
        self.keep_reset_code(messages=before)

    def keep_reset_code(self, *, messages: int) -> None:
        """Keep the code that sets a new password, and where it went."""
        text = self.sent(messages=messages)
        self.keep_code("forgot_password", text, hours=1, value=self.local.inbox.latest(NAME).destination)

    @precondition(lambda life: life.used_codes)
    @rule(which=ANY)
    def show_a_code_that_was_used(self, which: int) -> None:
        purpose, code = self.used_codes[which % len(self.used_codes)]
        there = self.account.codes.get(purpose) if self.account is not None else None
        if there is not None and there.text == code:
            return
        if purpose == "sign_up":
            self.refused(lambda: self.pool.confirm_sign_up(NAME, code))
        elif purpose == "forgot_password":
            password = self.new_password()
            self.refused(lambda: self.pool.confirm_forgot_password(NAME, code, password))
        elif is_signed_in(self):
            self.refused(
                lambda: self.use(self.held(which), lambda user: user.verify_attribute("email", code))
            )
        self.wait(minutes=5)


# A life has dozens of steps, so there are fewer of them than of other examples; the profile tells how thorough to be.
Life.TestCase.settings = settings(
    deadline=None, max_examples=max(40, settings.default.max_examples // 10), stateful_step_count=40
)
TestLife = Life.TestCase
