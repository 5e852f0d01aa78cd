"""DNS resolver that refuses private addresses for the public site."""

from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address, ip_network

from scrapy.resolver import CachingThreadedResolver
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError

_PUBLIC_DOMAIN = "caravan.kz"

#: Networks without public hosts, from IANA's special-purpose registries; Python's own lists differ between versions.
_SPECIAL = [
    ip_network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        *("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
    )
]
#: IPv6 addresses of hosts, and IPv4 addresses translated to IPv6.
_UNICAST, _NAT64 = ip_network("2000::/3"), ip_network("64:ff9b::/96")

#: Refused names and reasons in this process, as a resolver's error message does not reach the caller.
refusals: dict[str, str] = {}


class PublicResolver(CachingThreadedResolver):
    """Scrapy's resolver, which accepts only public addresses for names under caravan.kz.

    Otherwise a forged DNS answer could make the crawler read a service of its own network. Other sites that the user
    requests, such as ``http://intranet/``, may have any address.
    """

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> "Deferred[str]":  # noqa: N802 (Twisted's name)
        """Return the IPv4 address of ``name``; fail with DNSLookupError if there is none or it is refused."""
        found = super().getHostByName(name, timeout)
        return found.addCallback(_checked, name) if is_public_name(name) else found


def is_public_name(name: str) -> bool:
    """Whether ``name`` is the public site's or one under it."""
    name = name.lower().rstrip(".")
    return name == _PUBLIC_DOMAIN or name.endswith("." + _PUBLIC_DOMAIN)


def is_public_address(address: str) -> bool:
    """Whether ``address`` is one host's on the internet: not private, loopback, link-local, multicast or reserved.

    An IPv4 address within an IPv6 one counts as that; 6to4 and Teredo are refused, as nothing is served there.
    """
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public_address(str(ip.ipv4_mapped))
        if ip in _NAT64:
            return is_public_address(str(ip_address(int(ip) & 0xFFFFFFFF)))
        if ip not in _UNICAST:
            return False
    return ip.is_global and not any(ip in network for network in _SPECIAL)


def _checked(address: str, name: str) -> str:
    if is_public_address(address):
        return address
    refusal = f"{name} leads to {address}, which is no public address"
    refusals[name.lower()] = refusal
    raise DNSLookupError(refusal)
