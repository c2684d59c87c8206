"""Bodies split among the fields that read them: JSON, forms, files and unions of forms."""

import sys
from collections.abc import Callable
from io import BytesIO
from types import ModuleType
from typing import Annotated, Any, Literal

import pytest
from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Tag,
    model_validator,
)
from pydantic import Field as Declared
from pydantic_core import PydanticUndefined
from starlette.datastructures import FormData
from starlette.datastructures import UploadFile as StarletteUploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from pronghorn.datastructures import UploadFile
from pronghorn.exceptions import SetupError
from pronghorn.param_functions import Body, File, Form
from pronghorn.run.input.forms import (
    ensure_multipart_installed,
    extract_body,
    multipart_incorrect_install_error,
    multipart_not_installed_error,
    read_file_bytes,
    read_form,
)
from tests.run.endpoints import CountingList, fields_of, locations, missing

Extraction = tuple[dict[str, Any], list[dict[str, Any]]]

pytestmark = pytest.mark.anyio


async def extract(endpoint: Callable[..., Any], body: Any, embed: bool = True) -> Extraction:
    return await extract_body(fields_of(endpoint), body, embed)


def form(*items: tuple[str, Any]) -> FormData:
    return FormData(list(items))


def upload(content: bytes = b"content", filename: str | None = "file.txt") -> StarletteUploadFile:
    return StarletteUploadFile(BytesIO(content), filename=filename, size=len(content))


def empty_file_input() -> StarletteUploadFile:
    """What a browser sends for a file input in which nothing was chosen."""
    return upload(b"", "")


# --- JSON -------------------------------------------------------------------------------------


class Item(BaseModel):
    price: int


async def test_the_whole_body_is_one_value() -> None:
    def create(item: Annotated[Item, Body()]) -> None: ...

    assert await extract(create, {"price": 3}, embed=False) == ({"item": Item(price=3)}, [])
    _, errors = await extract(create, {"price": "x"}, embed=False)
    assert locations(errors) == [("int_parsing", ("body", "price"))]


async def test_no_body_is_the_default_but_null_is_a_value() -> None:
    def create(count: Annotated[int | None, Body()] = 7) -> None: ...

    def create_required(count: Annotated[int, Body()]) -> None: ...

    assert await extract(create, PydanticUndefined, embed=False) == ({"count": 7}, [])
    assert await extract(create, None, embed=False) == ({"count": None}, [])
    _, errors = await extract(create_required, PydanticUndefined, embed=False)
    assert errors == [missing("body")]
    _, errors = await extract(create_required, None, embed=False)
    assert locations(errors) == [("int_type", ("body",))]


async def test_members_of_an_object() -> None:
    def create(
        item: Item,
        tags: Annotated[list[str], Body(validation_alias=AliasChoices("tags", "labels"))] = [],  # noqa: B006 - a default as users write it
        count: Annotated[int | None, Body()] = 1,
    ) -> None: ...

    assert await extract(create, {"item": {"price": 1}, "labels": ["a"], "count": None}) == (
        {"item": Item(price=1), "tags": ["a"], "count": None},
        [],
    )
    values, errors = await extract(create, {"item": {"price": "x"}, "labels": 1, "tags": None})
    assert values == {"count": 1}
    assert locations(errors) == [
        ("int_parsing", ("body", "item", "price")),
        ("list_type", ("body", "tags")),
    ]


@pytest.mark.parametrize("body", [None, [], "text", 5, False])
async def test_members_need_an_object(body: Any) -> None:
    def create(item: Item, count: Annotated[int, Body()] = 1) -> None: ...

    assert await extract(create, body) == ({}, [missing("body", "item"), missing("body", "count")])


@pytest.mark.parametrize("body", [PydanticUndefined, b"", b"not parsed"])
async def test_members_have_their_defaults_where_no_json_was_sent(body: Any) -> None:
    def create(item: Item, count: Annotated[int, Body()] = 1) -> None: ...

    assert await extract(create, body) == ({"count": 1}, [missing("body", "item")])


# --- plain fields of a form -------------------------------------------------------------------


async def test_plain_fields() -> None:
    def submit(
        name: Annotated[str, Form()],
        age: Annotated[int, Form(alias="years")],
        tags: Annotated[list[str], Form()],
    ) -> None: ...

    body = form(("name", "a"), ("name", "b"), ("years", "3"), ("tags", ""), ("tags", "x"))
    assert await extract(submit, body) == ({"name": "b", "age": 3, "tags": ["", "x"]}, [])
    assert await extract(submit, form()) == (
        {},
        [missing("body", "name"), missing("body", "years"), missing("body", "tags")],
    )


async def test_what_the_user_left_empty_was_not_sent() -> None:
    def submit(
        name: Annotated[str, Form()],
        nickname: Annotated[str | None, Form()] = "none",
        agreed: Annotated[bool, Form()] = False,
        photo: Annotated[UploadFile | None, File()] = None,
        photos: Annotated[list[UploadFile], File()] = [],  # noqa: B006 - a default as users write it
    ) -> None: ...

    body = form(
        ("name", "sent first"),
        ("name", ""),
        ("nickname", ""),
        ("photo", empty_file_input()),
        ("photos", empty_file_input()),
    )
    assert await extract(submit, body) == (
        {"nickname": "none", "agreed": False, "photo": None, "photos": []},
        [missing("body", "name")],
    )


async def test_a_field_that_is_empty_under_one_name_is_looked_up_under_the_next() -> None:
    def submit(
        name: Annotated[str, Form(validation_alias=AliasChoices("full_name", "name"))],
    ) -> None: ...

    assert await extract(submit, form(("full_name", ""), ("name", "b"))) == ({"name": "b"}, [])
    assert await extract(submit, form(("name", ""))) == ({}, [missing("body", "full_name")])


async def test_defaults_of_a_form_are_validated_where_this_is_asked_for() -> None:
    def submit(
        plain: Annotated[int, Form()] = "x",  # type: ignore[assignment]  # as users do
        checked: Annotated[int, Form(validate_default=True)] = "y",  # type: ignore[assignment]  # as users do
    ) -> None: ...

    values, errors = await extract(submit, form())
    assert values == {"plain": "x"}
    assert locations(errors) == [("int_parsing", ("body", "checked"))]


# --- files ------------------------------------------------------------------------------------


async def test_files_as_objects_and_as_bytes() -> None:
    def submit(
        file: Annotated[UploadFile, File()],
        content: Annotated[bytes, File(alias="file")],
        contents: Annotated[list[bytes], File()],
        files: Annotated[list[UploadFile], File(alias="contents")],
    ) -> None: ...

    one, two = upload(b"one"), upload(b"")
    body = form(("file", one), ("contents", one), ("contents", empty_file_input()))
    values, errors = await extract(submit, FormData([*body.multi_items(), ("contents", two)]))
    assert errors == []
    assert values["content"] == b"one"
    assert values["contents"] == [b"one", b""]
    assert values["file"] is one
    assert values["files"] == [one, two]


async def test_only_files_are_read_and_only_by_file_parameters() -> None:
    def submit(
        text: Annotated[bytes, File()],
        mixed: Annotated[list[bytes], File()],
        field: Annotated[bytes, Form()],
        wrong: Annotated[UploadFile, File()],
    ) -> None: ...

    body = form(("text", "a"), ("mixed", "b"), ("mixed", upload(b"c")), ("field", upload()))
    values, errors = await extract(submit, FormData([*body.multi_items(), ("wrong", "d")]))
    assert values == {"text": b"a", "mixed": [b"b", b"c"]}
    assert locations(errors) == [
        ("bytes_type", ("body", "field")),
        ("value_error", ("body", "wrong")),
    ]


@pytest.mark.parametrize("size", [100, 2 * 1024 * 1024])
async def test_reading_a_file_leaves_it_where_it_stood(size: int) -> None:
    body = b"\r\n".join([
        b"--edge",
        b'Content-Disposition: form-data; name="file"; filename="a"',
        b"",
        b"x" * size,
        b"--edge--",
        b"",
    ])  # fmt: skip
    parsed = await read_form(request_with(body, b"multipart/form-data; boundary=edge"), {})
    file = parsed["file"]
    assert isinstance(file, StarletteUploadFile)
    await file.seek(10)
    assert len(await read_file_bytes(file)) == size - 10
    assert file.file.tell() == 10
    await parsed.close()


async def test_a_file_that_cannot_be_read_is_left_where_it_stood() -> None:
    class Broken(StarletteUploadFile):
        async def read(self, size: int = -1) -> bytes:
            self.file.read(1)
            raise OSError("read failed")

    file = Broken(BytesIO(b"hello"))
    await file.seek(2)
    with pytest.raises(OSError, match="read failed"):
        await read_file_bytes(file)
    assert file.file.tell() == 2


# --- form models ------------------------------------------------------------------------------


class Profile(BaseModel):
    name: str
    tags: list[str] = []
    subscribed: bool = False


async def test_models_and_plain_fields_share_one_form() -> None:
    class Preferences(BaseModel):
        limit: int = Declared(10, ge=1)
        tags: str = ""

    def submit(
        profile: Annotated[Profile, Form()],
        preferences: Annotated[Preferences, Form()],
        token: Annotated[str, Form()],
    ) -> None: ...

    body = form(("name", "a"), ("tags", "x"), ("tags", "y"), ("token", "t"), ("limit", ""))
    assert await extract(submit, body) == (
        {
            "profile": Profile(name="a", tags=["x", "y"]),
            "preferences": Preferences(tags="y"),
            "token": "t",
        },
        [],
    )
    _, errors = await extract(submit, form(("name", ""), ("limit", "0")))
    assert locations(errors) == [
        ("missing", ("body", "name")),
        ("greater_than_equal", ("body", "limit")),
        ("missing", ("body", "token")),
    ]


async def test_extras_reach_a_model_as_they_were_sent() -> None:
    class Open(BaseModel):
        model_config = ConfigDict(extra="allow")
        name: Annotated[str, Declared(validation_alias=AliasChoices("full_name", "name"))]

    def submit(model: Annotated[Open, Form()]) -> None: ...

    file = empty_file_input()
    body = form(("x", ""), ("full_name", ""), ("name", "a"), ("y", "1"), ("y", ""), ("z", file))
    values, errors = await extract(submit, body)
    assert errors == []
    assert values["model"].model_dump() == {"name": "a", "x": "", "y": ["1", ""], "z": file}


async def test_a_model_may_refuse_extras_and_names_it_did_not_use() -> None:
    class Closed(BaseModel):
        model_config = ConfigDict(extra="forbid")
        name: Annotated[str, Declared(validation_alias=AliasChoices("full_name", "name"))]

    def submit(model: Annotated[Closed, Form()], token: Annotated[str, Form()]) -> None: ...

    _, errors = await extract(submit, form(("full_name", "a"), ("name", ""), ("token", "t")))
    assert locations(errors) == [
        ("extra_forbidden", ("body", "name")),
        ("extra_forbidden", ("body", "token")),
    ]


async def test_the_error_shows_what_the_model_was_given() -> None:
    def submit(profile: Annotated[Profile, Form()]) -> None: ...

    _, errors = await extract(submit, form(("name", ""), ("tags", "a"), ("other", "b")))
    assert errors == [missing("body", "name", received={"tags": ["a"], "other": "b"})]


@pytest.mark.parametrize("extra", ["ignore", "allow", "forbid"])
async def test_an_optional_model_is_absent_until_something_is_sent_for_it(extra: Any) -> None:
    class Settings(BaseModel):
        model_config = ConfigDict(extra=extra)
        name: str = "default"

    def submit(settings: Annotated[Settings | None, Form()] = None) -> None: ...

    assert await extract(submit, form()) == ({"settings": None}, [])
    assert await extract(submit, form(("name", ""))) == ({"settings": Settings()}, [])
    values, errors = await extract(submit, form(("other", "")))
    if extra == "ignore":
        assert (values, errors) == ({"settings": None}, [])
    elif extra == "allow":
        assert values["settings"].model_dump() == {"name": "default", "other": ""}
    else:
        assert locations(errors) == [("extra_forbidden", ("body", "other"))]


async def test_a_nullable_model_without_default_is_required() -> None:
    def submit(profile: Annotated[Profile | None, Form()]) -> None: ...

    assert await extract(submit, form(("other", "1"))) == ({}, [missing("body")])


async def test_files_of_a_model_stay_files() -> None:
    class Attachment(BaseModel):
        file: UploadFile
        more: list[UploadFile] = []

    def submit(attachment: Annotated[Attachment, Form()]) -> None: ...

    file = upload(b"")
    values, errors = await extract(submit, form(("file", file), ("more", empty_file_input())))
    assert errors == []
    assert values["attachment"].file is file
    assert values["attachment"].more == []


# --- unions of form models --------------------------------------------------------------------


class Text(BaseModel):
    kind: Literal["text"]
    value: str
    shown: bool = True


class Several(BaseModel):
    kind: Literal["several"]
    value: list[str]


def submit_union(data: Annotated[Text | Several, Form()]) -> None: ...
def submit_tagged(data: Annotated[Text | Several, Form(discriminator="kind")]) -> None: ...


def submit_called(
    data: Annotated[
        Annotated[Text, Tag("text")] | Annotated[Several, Tag("several")],
        Discriminator(lambda value: value.get("kind")),
        Form(),
    ],
) -> None: ...


@pytest.mark.parametrize("submit", [submit_union, submit_tagged, submit_called])
async def test_each_branch_takes_the_form_in_its_own_shape(submit: Any) -> None:
    values, errors = await extract(submit, form(("kind", "text"), ("value", "a"), ("value", "b")))
    assert errors == []
    assert values["data"].model_dump(exclude_unset=True) == {"kind": "text", "value": "b"}
    for sent in (["a"], ["", "b"], [""]):
        body = form(("kind", "several"), *(("value", value) for value in sent))
        assert await extract(submit, body) == ({"data": Several(kind="several", value=sent)}, [])


@pytest.mark.parametrize(
    ("submit", "branch"), [(submit_union, "Text"), (submit_tagged, "text"), (submit_called, "text")]
)
async def test_what_is_empty_is_missing_in_a_branch(submit: Any, branch: str) -> None:
    _, errors = await extract(submit, form(("kind", "text"), ("value", "")))
    assert errors[0] == missing("body", branch, "value", received={"kind": "text"})


async def test_a_tag_must_be_known() -> None:
    _, errors = await extract(submit_tagged, form(("value", "a")))
    assert locations(errors) == [("union_tag_not_found", ("body",))]
    _, errors = await extract(submit_tagged, form(("kind", "")))
    assert locations(errors) == [("union_tag_invalid", ("body",))]


async def test_the_union_sees_the_whole_form_before_its_branches_do() -> None:
    seen: list[Any] = []

    def look(value: Any) -> Any:
        seen.append(value.copy())
        return value

    def submit(data: Annotated[Text | Several, BeforeValidator(look), Form()]) -> None: ...

    await extract(submit, form(("kind", "text"), ("value", ""), ("value", "b"), ("other", "")))
    assert seen == [{"kind": "text", "value": ["", "b"], "other": ""}]


async def test_a_validator_before_the_union_may_put_in_what_no_browser_sends() -> None:
    class Nullable(BaseModel):
        value: str | None = "default"
        items: list[str]

    def clear(value: dict[str, Any]) -> dict[str, Any]:
        return {**value, "value": None, "items": []}

    def replace(value: dict[str, Any]) -> Text:
        return Text(kind="text", value=value["kind"])

    def submit(data: Annotated[Nullable | Text, BeforeValidator(clear), Form()]) -> None: ...

    def submit_other(
        data: Annotated[Nullable | Text, BeforeValidator(replace), Form()],
    ) -> None: ...

    values, errors = await extract(submit, form(("value", "a")))
    assert errors == []
    assert values["data"].model_dump(exclude_unset=True) == {"value": None, "items": []}
    values, _ = await extract(submit_other, form(("kind", "from the form")))
    assert values == {"data": Text(kind="text", value="from the form")}


async def test_a_branch_does_not_change_the_form_for_the_others() -> None:
    class Greedy(BaseModel):
        value: str

        @model_validator(mode="before")
        @classmethod
        def take(cls, data: dict[str, Any]) -> dict[str, Any]:
            data.pop("value", None)
            return data

    def submit(data: Annotated[Greedy | Several, Form()]) -> None: ...

    body = form(("kind", "several"), ("value", "a"), ("value", "b"))
    values, _ = await extract(submit, body)
    assert values == {"data": Several(kind="several", value=["a", "b"])}


async def test_unions_share_the_form_with_other_fields() -> None:
    class Closed(Text):
        model_config = ConfigDict(extra="forbid")

    def submit(
        data: Annotated[Closed | Several, Form(discriminator="kind")],
        token: Annotated[str | None, Form()] = None,
    ) -> None: ...

    _, errors = await extract(submit, form(("kind", "text"), ("value", "a"), ("token", "t")))
    assert locations(errors) == [("extra_forbidden", ("body", "text", "token"))]
    values, errors = await extract(
        submit, form(("kind", "several"), ("value", "a"), ("token", "t"))
    )
    assert (values["data"].value, values["token"], errors) == (["a"], "t", [])


async def test_an_optional_union_is_absent_until_something_is_sent_for_a_branch() -> None:
    def submit(data: Annotated[Text | Several | None, Form()] = None) -> None: ...

    def submit_required(data: Annotated[Text | Several | None, Form()]) -> None: ...

    assert await extract(submit, form(("other", "1"))) == ({"data": None}, [])
    assert await extract(submit_required, form()) == ({}, [missing("body")])
    _, errors = await extract(submit, form(("shown", "")))
    assert [error["loc"] for error in errors] == [
        ("body", "Text", "kind"),
        ("body", "Text", "value"),
        ("body", "Several", "kind"),
        ("body", "Several", "value"),
    ]


# --- cost -------------------------------------------------------------------------------------


def submit_model(data: Annotated[Profile | None, Form()] = None) -> None: ...
def submit_scalar(value: Annotated[str, Form()] = "") -> None: ...
def submit_files(files: Annotated[list[UploadFile] | None, File()] = None) -> None: ...


@pytest.mark.parametrize("submit", [submit_model, submit_scalar, submit_files, submit_union])
async def test_a_form_is_gone_through_once(submit: Any) -> None:
    body = form(*((f"unused-{number}", "1") for number in range(100)))
    body._list = CountingList(body._list)
    await extract(submit, body)
    assert body._list.visited <= 2 * 100


# --- reading a form ---------------------------------------------------------------------------


def request_with(body: bytes, content_type: bytes) -> Request:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request({"type": "http", "headers": [(b"content-type", content_type)]}, receive)


async def test_a_form_is_parsed_by_its_content_type() -> None:
    urlencoded = b"application/x-www-form-urlencoded"
    parsed = await read_form(request_with(b"a=1&a=2&b=", urlencoded), {})
    assert parsed.multi_items() == [("a", "1"), ("a", "2"), ("b", "")]
    assert (await read_form(request_with(b"a=1", b"text/plain"), {})).multi_items() == []


@pytest.mark.parametrize(
    ("body", "content_type", "limits"),
    [
        (b"a=1&b=2", b"application/x-www-form-urlencoded", {"max_fields": 1}),
        (b"a=123", b"application/x-www-form-urlencoded", {"max_part_size": 2}),
        (b"no boundary", b"multipart/form-data", {}),
    ],
)
async def test_a_form_above_its_limits_or_malformed_is_refused(
    body: bytes, content_type: bytes, limits: dict[str, int]
) -> None:
    with pytest.raises(HTTPException) as raised:
        await read_form(request_with(body, content_type), limits)
    assert raised.value.status_code == 400


def without_python_multipart(monkeypatch: pytest.MonkeyPatch, instead: ModuleType | None) -> None:
    monkeypatch.setitem(sys.modules, "python_multipart", None)
    monkeypatch.setitem(sys.modules, "multipart", instead)
    monkeypatch.setitem(sys.modules, "multipart.multipart", getattr(instead, "multipart", None))


def test_the_parser_must_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    ensure_multipart_installed()
    without_python_multipart(monkeypatch, None)
    with pytest.raises(SetupError, match=multipart_not_installed_error):
        ensure_multipart_installed()


def test_another_package_of_the_same_name_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    other = ModuleType("multipart")
    other.__version__ = "1.2"  # type: ignore[attr-defined]  # as packages have it
    without_python_multipart(monkeypatch, other)
    with pytest.raises(SetupError, match=multipart_incorrect_install_error):
        ensure_multipart_installed()


def test_an_old_release_under_the_old_name_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    old, parser = ModuleType("multipart"), ModuleType("multipart.multipart")
    old.__version__ = "0.0.12"  # type: ignore[attr-defined]  # as packages have it
    old.multipart = parser  # type: ignore[attr-defined]  # a submodule
    parser.parse_options_header = print  # type: ignore[attr-defined]  # any function
    without_python_multipart(monkeypatch, old)
    ensure_multipart_installed()
