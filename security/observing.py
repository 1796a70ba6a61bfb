"""What is noticed of a browser when somebody signs in: what it is, in words, and its network, shortened."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from .browsers import cookie_of

# The first that fits counts: every browser names those it descends from as well.
BROWSERS = (
    ("Edge", r"Edg(e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"(Headless)?Chrom(e|ium)/|CriOS/"),
    ("Safari", r"Version/.*Safari/"),
)
SYSTEMS = (
    ("Android", r"Android"),
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Windows", r"Windows"),
    ("Mac", r"Macintosh|Mac OS X"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux|X11"),
)
# How much of an address is kept: what a provider gives to a neighbourhood, not to a household.
KEPT_BITS = {4: 24, 6: 48}
# Networks of a house or an office, which are the same numbers everywhere (RFC 1918, RFC 4193).
AT_HOME = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))


@dataclass(frozen=True)
class Observation:
    """A device in words and a shortened network, each None where nothing is known; and what the browser's cookie says.

    The cookie is stored nowhere. With it a browser is known again that somebody has signed in with.
    """

    device: str | None = None
    network: str | None = None
    cookie: str = field(default="", repr=False)


def observe(request: HttpRequest) -> Observation:
    """Return what is noticed of the browser behind ``request``; versions and whole addresses are left out."""
    device, network = device_of(request.headers.get("User-Agent", "")), network_of(request.META.get("REMOTE_ADDR", ""))
    return Observation(device, network, cookie_of(request))


def device_of(agent: str) -> str | None:
    """Return a browser and system such as *Firefox on Linux*; None for what names neither."""
    browser, system = _first(BROWSERS, agent), _first(SYSTEMS, agent)
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or system


def _first(known: tuple[tuple[str, str], ...], agent: str) -> str | None:
    return next((name for name, pattern in known if re.search(pattern, agent)), None)


def network_of(address: str) -> str | None:
    """Return the network around an address: /24 of IPv4, /48 of IPv6; None for what is no address."""
    try:
        found = ip_address(address)
    except ValueError:
        return None
    if found.version == 6 and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(ip_network((found, KEPT_BITS[found.version]), strict=False))


def in_words(network: Any) -> str:
    """Return a shortened network as it is told to its member; empty where nothing is known."""
    if not isinstance(network, str):
        return str(network or "")  # one that cannot be opened says so itself
    found = ip_network(network)
    if found.is_loopback:
        return _("this very computer")
    if any(found.version == each.version and found.subnet_of(each) for each in AT_HOME):  # type: ignore[arg-type]
        return _("a private network (%(network)s)") % {"network": network}
    return _("network %(network)s") % {"network": network}
