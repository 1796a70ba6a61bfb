"""Placeholder until written below."""
from django.http import HttpRequest, HttpResponse


def mails(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def mail(request: HttpRequest, name: str, position: int) -> HttpResponse:
    return HttpResponse()
