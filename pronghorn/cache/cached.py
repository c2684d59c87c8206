"""The option `cache` of a route: for how long its responses are kept, and for whom."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from pronghorn.cache.cache import Cache, latest_cache
from pronghorn.cache.route import StoredResponses
from pronghorn.cache.rule import Directives, Rule
from pronghorn.core.durations import Duration, seconds
from pronghorn.core.setup_errors import describe_callable, describe_value, setup_error, user_error
from pronghorn.exceptions import SetupTypeError, SetupValueError
from pronghorn.hooks import check_plans, find_guards
from pronghorn.params import Depends
from pronghorn.plan.model import RoutePlan
from pronghorn.plan.parameters import find_dependency

_EMPTY = object()
_NAMES = re.compile(r"\{([^{}]*)\}")


class Cached:
    """Keep the responses of a route: `@app.get("/prices", cache=Cached("30s"))`.

    A router or an application gives it to all its routes that read; `cache=False` at a route
    takes it away. What the endpoint declares belongs to the key of a response: path, query,
    headers and cookies. What it reads from the request itself does not.

    Args:
        ttl: How long a response is fresh: seconds, or a text such as `"30s"`.
        vary: A dependency, or a list of them, whose results belong to the key. They run for every
            request. `()` says that everybody who is let in gets the same response. A route that
            asks for credentials needs one of both.
        tags: Names for `cache.invalidate`. They may contain parameters of the path:
            `"item:{item_id}"`.
        stale: How long a response may be sent afterwards, while it is renewed beside the requests.
        max_age: How long clients may use a response without a question, for `Cache-Control`. By
            default as long as it is fresh; with 0 they ask each time, and get a 304 if nothing has
            changed.
        store: The cache that keeps them; by default the one that was made last.

    Raises:
        SetupError: A value cannot have the effect that was meant.
    """

    def __init__(
        self,
        ttl: Duration,
        *,
        vary: Callable[..., Any] | Depends | Sequence[Any] | None = None,
        tags: Sequence[str] = (),
        stale: Duration = 0,
        max_age: Duration | None = None,
        store: Cache | None = None,
    ) -> None:
        fresh = seconds(ttl, name="The ttl of Cached")
        if not fresh:
            raise user_error(
                "Cached keeps a response for 0 seconds",
                "no cache was meant",
                'cache=False, or Cached("30s")',
                kind=SetupValueError,
            )
        late = seconds(stale, name="The stale of Cached")
        age = None if max_age is None else seconds(max_age, name="The max_age of Cached")
        is_varied = vary is not None
        directives = Directives(is_varied, age, late)
        self._rule = Rule(fresh, late, _check_tags(tags), is_varied, directives)
        listed: Any = vary if isinstance(vary, (list, tuple)) else [vary] if is_varied else ()
        self.vary = tuple(_read_marker(one) for one in listed)
        self._cache = store or latest_cache()

    def __repr__(self) -> str:
        return f"Cached({self._rule.fresh:g} s)"

    def open_route(self, plan: RoutePlan) -> StoredResponses:
        """Return the stored responses of one route.

        Raises:
            SetupError: The program has made no cache.
        """
        cache = self._cache or latest_cache()
        if cache is None:
            raise setup_error(
                "Cached(...) has no cache to keep responses in",
                None,
                'cache = Cache("mem://"), before the routes',
            )
        return StoredResponses(cache, self._rule, plan)

    def check(self, plan: RoutePlan) -> None:
        """Refuse a route whose responses would be given to people who may not have them.

        Raises:
            SetupError: It asks for credentials, and nothing says for whom a response is; or a tag
                names a parameter that its path does not have.
        """
        if self._cache is not None:
            self._cache.warn_of_workers()
        guards = find_guards(plan.root)
        if guards and not self._rule.is_varied:
            raise setup_error(
                "The response is kept for everybody, and the endpoint asks who they are: "
                f"{describe_callable(guards[0].call)}",
                "each of them gets a response of their own, or of their group",
                "Cached(..., vary=current_user_id), a dependency that returns whose response it "
                "is; vary=() if all who are let in get the same; or cache=False at this route",
            )
        if plan.body is not None:
            raise setup_error(
                "The response is kept, and the endpoint reads a body, which is not in the key",
                "a parameter of the query was meant",
                "a parameter of the query or the path, or cache=False at this route",
            )
        for tag in self._rule.tags:
            unknown = set(_NAMES.findall(tag)) - plan.path_names
            if unknown:
                raise setup_error(
                    f"The tag {tag!r} names {', '.join(sorted(unknown))}, which is not in the path",
                    None,
                    f"a parameter of {plan.path_format}, or a tag without braces",
                    kind=SetupValueError,
                )


def check_cached(plan: RoutePlan) -> None:
    """Refuse a route that cannot have the cache that it is given."""
    if isinstance(plan.cache, Cached):
        plan.cache.check(plan)


check_plans(check_cached)


def _check_tags(tags: Any) -> tuple[str, ...]:
    if isinstance(tags, (list, tuple)) and all(isinstance(tag, str) and tag for tag in tags):
        return tuple(tags)
    raise user_error(
        f"The tags of Cached must be a list of texts, not {describe_value(tags)}",
        "the brackets were left out" if isinstance(tags, str) else None,
        f"tags=[{tags!r}]" if isinstance(tags, str) else 'tags=["prices"]',
        kind=SetupTypeError,
    )


def _read_marker(dependency: Any) -> Depends:
    """Return the marker of a dependency in `vary`: of a function, a `Depends`, or an `Annotated`.

    Raises:
        SetupTypeError: It is none of these.
    """
    found = dependency if isinstance(dependency, Depends) else find_dependency(dependency, _EMPTY)
    if found is None and callable(dependency):
        found = Depends(dependency)
    if found is None or found.dependency is None:
        raise user_error(
            f"vary of Cached must be a dependency, not {describe_value(dependency)}",
            "the dependency was called, or its name was given in quotes",
            "vary=tenant_id, with the function itself",
            kind=SetupTypeError,
        )
    return found
