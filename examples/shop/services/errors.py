"""The errors of the shop, in its own terms. `routers.errors` gives each its status code."""

from __future__ import annotations


class ShopError(Exception):
    """The root of the tree; its text is fit for the caller's eyes."""


class WrongCredentials(ShopError):
    """No such user, or not this password. Which of the two is nobody's business."""

    def __init__(self) -> None:
        super().__init__("Incorrect e-mail address or password")


class ItemNotFound(ShopError):
    """There is no item with this id."""

    def __init__(self) -> None:
        super().__init__("There is no such item")


class NotYourItem(ShopError):
    """The item belongs to another user."""

    def __init__(self) -> None:
        super().__init__("This item belongs to somebody else")


class OrderNotFound(ShopError):
    """There is no order with this id, or the caller has no part in it."""

    def __init__(self) -> None:
        super().__init__("There is no such order")


class NotTheSeller(ShopError):
    """The caller has placed the order, and only its seller may change it."""

    def __init__(self) -> None:
        super().__init__("Only the seller changes an order")


class WrongState(ShopError):
    """The order cannot reach this state from the one that it has."""

    def __init__(self, state: str, wanted: str) -> None:
        super().__init__(f"The order is {state} and cannot become {wanted}")
