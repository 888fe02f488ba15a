"""Words the made-up subscription is written in."""

from typing import NamedTuple


class Browser(NamedTuple):
    name: str
    version: str
    system: str
    user_agent: str


class Place(NamedTuple):
    country: str
    region: str
    latitude: float
    longitude: float
    language: str


FIRST_NAMES: tuple[str, ...] = (
    "ann",
    "bob",
    "carla",
    "dev",
    "emma",
    "farid",
    "grace",
    "hiro",
    "ines",
    "jonas",
    "kim",
    "luca",
    "mia",
)
FIRST_NAMES += (
    "noor",
    "omar",
    "pia",
    "quinn",
    "rosa",
    "sven",
    "tara",
    "uma",
    "vera",
    "wei",
    "xenia",
    "yusuf",
    "zoe",
)
LAST_NAMES: tuple[str, ...] = (
    "abbott",
    "berg",
    "costa",
    "diaz",
    "evans",
    "fischer",
    "garcia",
    "haas",
    "ito",
    "jensen",
    "khan",
)
LAST_NAMES += (
    "lopez",
    "meyer",
    "novak",
    "ortiz",
    "patel",
    "rossi",
    "silva",
    "tanaka",
    "urban",
    "vogel",
    "weber",
)
COMPANY_WORDS: tuple[str, ...] = (
    "Acme",
    "Birch",
    "Cobalt",
    "Delta",
    "Ember",
    "Fjord",
    "Granite",
    "Harbor",
    "Iris",
    "Juniper",
    "Kestrel",
)
COMPANY_WORDS += (
    "Lumen",
    "Maple",
    "Nimbus",
    "Orchid",
    "Pioneer",
    "Quartz",
    "Raven",
    "Summit",
    "Tidal",
    "Umber",
    "Vertex",
)
COMPANY_KINDS: tuple[str, ...] = (
    "Analytics",
    "Bank",
    "Clinics",
    "Devices",
    "Energy",
    "Foods",
    "Group",
    "Health",
    "Insurance",
    "Labs",
)
ROLES: tuple[str, ...] = ("viewer", "editor", "admin", "owner", "billing")
# How many of a hundred, in the order of the words; the last one has the rest.
ROLE_SHARES = (58, 26, 10, 4)
TEAMS: tuple[str, ...] = ("sales", "support", "finance", "product", "design", "legal")
PLANS: tuple[str, ...] = ("free", "starter", "pro", "enterprise")
PLAN_SHARES = (52, 27, 15)
INDUSTRIES: tuple[str, ...] = ("software", "finance", "health", "retail", "education", "manufacturing")
PAGE_WORDS: tuple[str, ...] = (
    "Invoice",
    "Order",
    "Customer",
    "Report",
    "Dashboard",
    "Team",
    "Billing",
    "Search",
    "Import",
    "Alert",
)
PAGE_KINDS: tuple[str, ...] = ("list", "detail", "settings", "overview", "editor", "history")
FEATURE_VERBS: tuple[str, ...] = (
    "Save",
    "Export",
    "Delete",
    "Share",
    "Filter",
    "Open",
    "Invite",
    "Archive",
    "Duplicate",
    "Rename",
)
TRACK_NAMES: tuple[str, ...] = (
    "Invoice Paid",
    "Report Scheduled",
    "User Invited",
    "Plan Upgraded",
    "Import Finished",
    "Login Failed",
)
TRACK_NAMES += ("API Key Created", "Dashboard Shared", "Alert Muted", "Trial Started")
GUIDE_NAMES: tuple[str, ...] = (
    "Welcome tour",
    "What is new",
    "Billing tips",
    "Report builder",
    "Keyboard shortcuts",
    "Maintenance",
)

_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko)"
_SAFARI = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"


def _browsers() -> tuple[Browser, ...]:
    found = []
    for version in ("126.0.0", "125.0.0", "124.0.0", "122.0.0", "109.0.0"):
        found.append(Browser("Chrome", version, "Windows", f"{_WINDOWS} Chrome/{version}.0 Safari/537.36"))
        found.append(Browser("Chrome", version, "Mac OS X", f"{_MAC} Chrome/{version}.0 Safari/537.36"))
        edge = f"{_WINDOWS} Chrome/{version}.0 Safari/537.36 Edg/{version}.0"
        found.append(Browser("Edge", version, "Windows", edge))
    for version in ("17.5", "17.4", "16.6"):
        agent = f"{_SAFARI} Version/{version} Safari/605.1.15"
        found.append(Browser("Safari", version, "Mac OS X", agent))
    for version in ("127.0", "126.0", "115.0"):
        agent = f"Mozilla/5.0 (X11; Linux x86_64; rv:{version}) Gecko/20100101 Firefox/{version}"
        found.append(Browser("Firefox", version, "Linux", agent))
    return tuple(found)


BROWSERS = _browsers()

PLACES = (
    Place("US", "ny", 40.7128, -74.006, "en_US"),
    Place("US", "ca", 37.7749, -122.4194, "en_US"),
    Place("US", "tx", 30.2672, -97.7431, "en_US"),
    Place("CA", "on", 43.6532, -79.3832, "en_CA"),
    Place("DE", "be", 52.52, 13.405, "de_DE"),
    Place("GB", "eng", 51.5072, -0.1276, "en_GB"),
    Place("FR", "idf", 48.8566, 2.3522, "fr_FR"),
    Place("BR", "sp", -23.5558, -46.6396, "pt_BR"),
    Place("JP", "13", 35.6762, 139.6503, "ja_JP"),
    Place("AU", "nsw", -33.8688, 151.2093, "en_AU"),
    Place("", "", 0.0, 0.0, "es_419"),
)
NOWHERE = PLACES[-1]
# How many of forty addresses are at each place.
PLACE_SHARES = (9, 7, 4, 3, 4, 4, 2, 2, 2, 1, 2)
