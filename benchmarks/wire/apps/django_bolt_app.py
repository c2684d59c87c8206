"""The two endpoints on django-bolt and its own server, with one process."""

import sys

import msgspec
from django.conf import settings

settings.configure(
    SECRET_KEY="not secret",
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=["django_bolt"],
    ROOT_URLCONF="django_bolt_app",
    BOLT_API=["django_bolt_app:api"],
    DEBUG=False,
    LOGGING_CONFIG=None,
)

from django_bolt import BoltAPI  # noqa: E402 - Django must be configured before

urlpatterns: list[object] = []


class Item(msgspec.Struct):
    item_id: int
    q: str | None
    limit: int


class NewItem(msgspec.Struct):
    name: str
    price: float
    tags: list[str] = []


api = BoltAPI()


@api.get("/items/{item_id}")
async def read_item(item_id: int, q: str | None = None, limit: int = 10) -> Item:
    return Item(item_id, q, limit)


@api.post("/items")
async def create_item(item: NewItem) -> NewItem:
    return item


if __name__ == "__main__":
    import django
    from django.core.management import call_command

    sys.modules["django_bolt_app"] = sys.modules["__main__"]
    django.setup()
    call_command("runbolt", host="127.0.0.1", port=int(sys.argv[1]), processes=1)
