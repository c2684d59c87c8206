"""A program with one mistake."""

from pronghorn.security import OAuth2PasswordBearer

bearer = OAuth2PasswordBearer()  # wrong
