"""The logs of servers do not repeat secrets of query strings."""

import logging
from collections.abc import Iterator

import pytest

from pronghorn.adapters.masked_logs import LOGGERS, mask_access_logs
from pronghorn.core.secret_names import mask_query


@pytest.fixture(autouse=True)
def filters() -> Iterator[None]:
    before = {name: list(logging.getLogger(name).filters) for name in LOGGERS}
    for name in LOGGERS:
        logging.getLogger(name).filters.clear()  # Other tests leave theirs.
    mask_access_logs()
    mask_access_logs()
    yield
    for name in LOGGERS:
        logger = logging.getLogger(name)
        assert len(logger.filters) == 1
        logger.filters = before[name]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("token=abc&page=1", "token=***&page=1"),
        ("page=1&X-API-Key=abc", "page=1&X-API-Key=***"),
        (
            "accessToken=a%26b&client_secret=c&new_password=",
            "accessToken=***&client_secret=***&new_password=***",
        ),
        ("%74oken=abc", "%74oken=***"),
        ("tokens_left=5&monkey=1&q=token", "tokens_left=5&monkey=1&q=token"),
        ("token", "token"),
        ("a=%ff&b=%zz&&=", "a=%ff&b=%zz&&="),
    ],
)
def test_a_query_is_kept_but_for_secrets(query: str, expected: str) -> None:
    assert mask_query(query, "***") == expected


@pytest.mark.parametrize(
    ("logger", "format_", "arguments"),
    [
        (
            "uvicorn.access",
            '%s - "%s %s HTTP/%s" %d',
            ("1.2.3.4:5", "GET", "/a?token=abc&b=1", "1.1", 200),
        ),
        ("uvicorn.error", '%s - "WebSocket %s" [accepted]', ("1.2.3.4:5", "/a?token=abc&b=1")),
        (
            "granian.access",
            "%(path)s %(query_string)s",
            ({"path": "/a", "query_string": "token=abc&b=1"},),
        ),
    ],
)
def test_a_line_shows_no_secret(
    logger: str, format_: str, arguments: tuple[object, ...], caplog: pytest.LogCaptureFixture
) -> None:
    log = logging.getLogger(logger)
    caplog.set_level(logging.INFO, logger)
    log.addHandler(caplog.handler)
    try:
        log.info(format_, *arguments)
    finally:
        log.removeHandler(caplog.handler)
    assert "token=***&b=1" in caplog.text
    assert "abc" not in caplog.text


def test_other_lines_are_unchanged(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("uvicorn.error")
    caplog.set_level(logging.INFO, "uvicorn.error")
    log.info("Started server process [%d]", 5)
    log.info("Why?")
    assert [record.getMessage() for record in caplog.records][-2:] == [
        "Started server process [5]",
        "Why?",
    ]
