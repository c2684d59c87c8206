"""The two exit stacks of a request: when they close, what they see, what they may suppress."""

from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import suppress
from typing import Annotated, Any

import anyio
import pytest

from pronghorn import Depends, FastAPI, HTTPException, Request
from pronghorn.exceptions import FastAPIError
from pronghorn.responses import JSONResponse
from pronghorn.run.lifetime import Lifetime
from pronghorn.testclient import TestClient

ANYIO = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def noting(order: list[str], name: str) -> AsyncGenerator[str, None]:
    try:
        yield name
    except BaseException as error:
        order.append(f"{name} saw {type(error).__name__}")
        raise
    finally:
        order.append(f"{name} closed")


@ANYIO
async def test_the_function_stack_closes_first_and_alone() -> None:
    order: list[str] = []
    async with Lifetime() as lifetime:
        await lifetime.enter("request", noting(order, "request"))
        await lifetime.enter("function", noting(order, "function"))
        await lifetime.close_function_stack()
        order.append("response")
    assert order == ["function closed", "response", "request closed"]


@ANYIO
async def test_an_error_goes_through_both_stacks_from_the_inside() -> None:
    order: list[str] = []
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the lifetime is what is tested
        async with Lifetime() as lifetime:
            await lifetime.enter("request", noting(order, "request"))
            await lifetime.enter("function", noting(order, "function"))
            raise ZeroDivisionError
    assert order == [
        *("function saw ZeroDivisionError", "function closed"),
        *("request saw ZeroDivisionError", "request closed"),
    ]


@ANYIO
@pytest.mark.parametrize("lifetime_name", ["function", "request"])
async def test_a_dependency_may_swallow_an_error(lifetime_name: str) -> None:
    async def swallowing() -> AsyncGenerator[None, None]:
        with suppress(ZeroDivisionError):
            yield

    async with Lifetime() as lifetime:
        await lifetime.enter(lifetime_name, swallowing())
        raise ZeroDivisionError


@ANYIO
async def test_an_error_while_closing_replaces_the_first_one() -> None:
    order: list[str] = []

    async def failing() -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            raise KeyError("closing")

    with pytest.raises(KeyError, match="closing") as caught:  # noqa: PT012 - likewise
        async with Lifetime() as lifetime:
            await lifetime.enter("request", noting(order, "request"))
            await lifetime.enter("function", failing())
            raise ZeroDivisionError
    assert order == ["request saw KeyError", "request closed"]
    assert isinstance(caught.value.__context__, ZeroDivisionError)


@ANYIO
async def test_closing_is_not_cancelled() -> None:
    order: list[str] = []

    async def slow() -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            await anyio.sleep(0.01)
            order.append("closed to the end")

    with anyio.CancelScope() as scope:
        async with Lifetime() as lifetime:
            await lifetime.enter("request", slow())
            await lifetime.enter("function", slow())
            scope.cancel()
            await anyio.sleep(1)
    assert order == ["closed to the end"] * 2
    assert scope.cancelled_caught


@ANYIO
async def test_what_is_put_on_the_stack_closes_between_the_generators() -> None:
    order: list[str] = []

    def blocking() -> Generator[str, None, None]:
        yield "blocking"
        order.append("blocking closed")

    async with Lifetime() as lifetime:
        await lifetime.enter("request", noting(order, "first"))
        lifetime.request_stack.callback(order.append, "callback")
        await lifetime.enter("request", noting(order, "second"))
        await lifetime.enter_in_threads("request", blocking())
        await lifetime.enter("request", noting(order, "third"))
        assert lifetime.request_stack is lifetime.stack("request")
    assert order == [
        *("third closed", "blocking closed", "second closed", "callback", "first closed"),
    ]


@ANYIO
async def test_exit_code_may_put_something_on_the_stack() -> None:
    order: list[str] = []

    async def adding() -> AsyncGenerator[None, None]:
        yield
        lifetime.request_stack.callback(order.append, "added")

    async with Lifetime() as lifetime:
        await lifetime.enter("request", noting(order, "first"))
        await lifetime.enter("request", adding())
    assert order == ["added", "first closed"]


@ANYIO
async def test_a_blocking_generator_runs_in_worker_threads() -> None:
    import threading

    threads: list[bool] = []

    def blocking() -> Generator[int, None, None]:
        threads.append(threading.current_thread() is threading.main_thread())
        yield 1
        threads.append(threading.current_thread() is threading.main_thread())

    async with Lifetime() as lifetime:
        assert await lifetime.enter_in_threads("request", blocking()) == 1
    assert threads == [False, False]


# --- through an application -----------------------------------------------------------------------


def app_with(
    dependency: Callable[..., Any], error: Exception | None = None, **options: Any
) -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def read(value: Annotated[Any, Depends(dependency, **options)]) -> Any:
        if error is not None:
            raise error
        return value

    return app


@pytest.mark.usefixtures("mode")
class TestThroughAnApplication:
    @pytest.mark.parametrize("kind", ["async", "blocking"])
    def test_a_dependency_sees_the_error_of_the_endpoint(self, kind: str) -> None:
        seen: list[str] = []

        async def asynchronous() -> AsyncGenerator[int, None]:
            try:
                yield 1
            except HTTPException as error:
                seen.append(str(error.detail))
                raise

        def blocking() -> Iterator[int]:
            try:
                yield 1
            except HTTPException as error:
                seen.append(str(error.detail))
                raise

        dependency = asynchronous if kind == "async" else blocking
        response = TestClient(app_with(dependency, HTTPException(418, "tea"))).get("/")
        assert (response.status_code, response.json(), seen) == (418, {"detail": "tea"}, ["tea"])

    def test_a_dependency_may_answer_with_another_error(self) -> None:
        async def dependency() -> AsyncGenerator[int, None]:
            try:
                yield 1
            except ZeroDivisionError:
                raise HTTPException(409, "divided") from None

        response = TestClient(app_with(dependency, ZeroDivisionError())).get("/")
        assert (response.status_code, response.json()) == (409, {"detail": "divided"})

    def test_swallowing_the_error_leaves_no_response_and_says_so(self) -> None:
        async def dependency() -> AsyncGenerator[int, None]:
            with suppress(ZeroDivisionError):
                yield 1

        app = app_with(dependency, ZeroDivisionError())
        with pytest.raises(FastAPIError, match="Response not awaited") as caught:
            TestClient(app).get("/")
        assert "GET /" in str(caught.value)
        response = TestClient(app, raise_server_exceptions=False).get("/")
        assert response.status_code == 500

    def test_an_error_after_the_response_does_not_change_it(self) -> None:
        async def dependency() -> AsyncGenerator[int, None]:
            yield 1
            raise ZeroDivisionError

        app = app_with(dependency)
        with pytest.raises(ZeroDivisionError):
            TestClient(app).get("/")
        response = TestClient(app, raise_server_exceptions=False).get("/")
        assert (response.status_code, response.json()) == (200, 1)

    def test_an_error_of_a_function_scoped_dependency_is_answered(self) -> None:
        async def dependency() -> AsyncGenerator[int, None]:
            yield 1
            raise HTTPException(503, "commit failed")

        response = TestClient(app_with(dependency, scope="function")).get("/")
        assert (response.status_code, response.json()) == (503, {"detail": "commit failed"})

    def test_dependencies_close_in_the_reverse_order(self) -> None:
        order: list[str] = []

        def first() -> Iterator[str]:
            yield "first"
            order.append("first")

        async def second(one: Annotated[str, Depends(first)]) -> AsyncGenerator[str, None]:
            yield f"second {one}"
            order.append("second")

        async def third(two: Annotated[str, Depends(second)]) -> AsyncGenerator[str, None]:
            yield f"third {two}"
            order.append("third")

        response = TestClient(app_with(third)).get("/")
        assert response.json() == "third second first"
        assert order == ["third", "second", "first"]

    def test_what_was_entered_closes_when_a_later_dependency_fails(self) -> None:
        order: list[str] = []

        async def first() -> AsyncGenerator[int, None]:
            try:
                yield 1
            finally:
                order.append("first closed")

        def second(one: Annotated[int, Depends(first)]) -> int:
            raise HTTPException(401, "who")

        response = TestClient(app_with(second)).get("/")
        assert (response.status_code, order) == (401, ["first closed"])

    def test_what_was_entered_closes_when_a_later_parameter_is_wrong(self) -> None:
        order: list[str] = []

        async def first() -> AsyncGenerator[int, None]:
            try:
                yield 1
            finally:
                order.append("closed")

        app = FastAPI()

        @app.get("/")
        async def read(one: Annotated[int, Depends(first)], n: int) -> None: ...

        assert TestClient(app).get("/", params={"n": "x"}).status_code == 422
        assert order == ["closed"]

    def test_an_error_handler_answers_before_request_scoped_exit_code_is_over(self) -> None:
        order: list[str] = []

        async def dependency() -> AsyncGenerator[int, None]:
            try:
                yield 1
            finally:
                order.append("closed")

        app = app_with(dependency, ZeroDivisionError())

        @app.exception_handler(ZeroDivisionError)
        async def answer(request: Request, error: Exception) -> JSONResponse:
            order.append("answered")
            return JSONResponse("divided", 400)

        assert TestClient(app).get("/").status_code == 400
        assert sorted(order) == ["answered", "closed"]
