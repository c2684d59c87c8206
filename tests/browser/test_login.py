"""Log in through the Authorize dialog, try an endpoint, and see the answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.programs import AUTHORIZATION_CODE, SHOP
from tests.browser.servers import Served

Serve = Callable[..., Served]


def log_in(page: Page, scheme: str, fill: dict[str, str]) -> None:
    """Fill a form of Swagger UI's dialog and close the dialog.

    Args:
        page: The page.
        scheme: The name of the security scheme.
        fill: The texts of its fields, by selector.
    """
    page.get_by_role("button", name="Authorize").first.click()
    form = page.locator(".auth-container").filter(has_text=scheme)
    for selector, text in fill.items():
        form.locator(selector).fill(text)
    form.locator("button.authorize").click()
    finish_login(page, form)


def finish_login(page: Page, form: Locator) -> None:
    """Wait until a form of the dialog shows that the login worked, and close the dialog."""
    expect(form.locator("button").filter(has_text="Logout")).to_be_visible()
    page.locator(".close-modal").click()


def try_out(page: Page, operation: str, fill: dict[str, str] | None = None) -> Locator:
    """Try an operation of Swagger UI, and return the part of the page with its answer."""
    block = page.locator(f"#operations-{operation}")
    block.locator(".opblock-summary-control").click()
    block.get_by_role("button", name="Try it out").click()
    for selector, text in (fill or {}).items():
        block.locator(selector).fill(text)
    block.get_by_role("button", name="Execute").click()
    answer = block.locator(".live-responses-table")
    expect(answer.locator(".response-col_status").first).to_be_visible()
    return answer


def test_an_endpoint_answers(
    serve: Serve, page: Page, take_screenshots: Callable[[str], None]
) -> None:
    page.goto(serve(SHOP).url + "/docs")
    answer = try_out(
        page,
        "items-read_item_items__item_id__get",
        {"tr[data-param-name=item_id] input": "7"},
    )
    expect(answer).to_contain_text('"name": "lamp 7"')
    take_screenshots("swagger-ui-tried")


def test_a_body_is_sent(serve: Serve, page: Page) -> None:
    page.goto(serve(SHOP).url + "/docs")
    body = {"textarea.body-param__text": '{"name": "chair", "price": 2}'}
    answer = try_out(page, "items-create_item_items_post", body)
    expect(answer).to_contain_text('"name": "chair"')


@pytest.mark.parametrize(
    ("scheme", "fill", "operation", "expected"),
    [
        (
            "OAuth2PasswordBearer",
            {"#oauth_username": "ann", "#oauth_password": "secret"},
            "login-read_me_me_get",
            '"by_password": "token-of-ann"',
        ),
        ("HTTPBearer", {"input": "abc"}, "login-read_bearer_bearer_get", '"by_bearer": "abc"'),
        ("APIKeyHeader", {"input": "k1"}, "login-read_key_key_get", '"by_key": "k1"'),
    ],
)
def test_each_login(
    serve: Serve, page: Page, scheme: str, fill: dict[str, str], operation: str, expected: str
) -> None:
    page.goto(serve(SHOP).url + "/docs")
    log_in(page, scheme, fill)
    expect(try_out(page, operation)).to_contain_text(expected)


def test_a_login_by_redirect(
    serve: Serve, page: Page, take_screenshots: Callable[[str], None]
) -> None:
    page.goto(serve(AUTHORIZATION_CODE).url + "/docs")
    page.get_by_role("button", name="Authorize").first.click()
    form = page.locator(".auth-container").filter(has_text="OAuth2AuthorizationCodeBearer")
    form.locator("input[data-name=clientId]").fill("shop")
    take_screenshots("swagger-ui-authorize")
    with page.expect_popup() as opened:
        form.locator("button.authorize").click()
    finish_login(page, form)
    assert opened.value.is_closed()
    expect(try_out(page, "default-read_me_me_get")).to_contain_text('"token": "token-of-code-1"')


def test_scalar_sends_a_request_with_a_login(
    serve: Serve, page: Page, take_screenshots: Callable[[str], None]
) -> None:
    page.goto(serve(SHOP).url + "/scalar")
    page.get_by_text("Select Auth Type").click()
    page.get_by_role("option", name="HTTPBearer").click()
    page.keyboard.press("Escape")
    page.get_by_placeholder("Token").first.fill("abc")
    page.get_by_role("button", name="Test Request (get /bearer)").click()
    page.get_by_role("button", name="Send").first.click()
    expect(page.get_by_text('"by_bearer"').first).to_be_visible()
    take_screenshots("scalar-tried")
