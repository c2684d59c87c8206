"""The tables, as Django maps them; `seed.py` has created them."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class User(models.Model):
    email = models.CharField(max_length=254, unique=True)
    name = models.CharField(max_length=100)
    password_hash = models.CharField(max_length=255)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "users"
        managed = False


class Item(models.Model):
    owner = models.ForeignKey(User, on_delete=models.CASCADE)
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=1000, null=True)
    price_cents = models.IntegerField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "items"
        managed = False
