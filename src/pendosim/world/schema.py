"""Metadata schemas, in the mixed capitals Pendo answers with."""

from pendosim.values import Row
from pendosim.world.visitor_rows import auto_group

_AUTO_VISITOR = {
    "id": ("string", "Visitor ID"),
    "accountid": ("string", "Account ID"),
    "accountids": ("list", "Account IDs"),
    "createdat": ("time", "Created At"),
    "firstvisit": ("time", "First Visit"),
    "lastvisit": ("time", "Last Visit"),
    "lastupdated": ("time", "Last Updated"),
    "lastbrowsername": ("string", "Last Browser Name"),
    "lastbrowserversion": ("string", "Last Browser Version"),
    "lastoperatingsystem": ("string", "Last Operating System"),
    "lastservername": ("string", "Last Server Name"),
    "lastuseragent": ("string", "Last User Agent"),
}
_AUTO_ACCOUNT = {
    "id": ("string", "Account ID"),
    "firstvisit": ("time", "First Visit"),
    "lastvisit": ("time", "Last Visit"),
    "lastupdated": ("time", "Last Updated"),
}
_PER_APP = {"firstvisit": ("time", "First Visit"), "lastvisit": ("time", "Last Visit")}
_PENDO = {
    "blacklistguides": ("boolean", "Disable Guides"),
    "donotprocess": ("boolean", "Do Not Process"),
    "designerenabled": ("boolean", "Designer Enabled"),
}
_VISITOR = {
    "agent": {
        "email": ("string", "Email"),
        "fullname": ("string", "Full Name"),
        "language": ("string", "Language"),
        "role": ("string", "Role"),
        "isadmin": ("boolean", "Is Admin"),
        "seats": ("integer", "Seats"),
        "score": ("float", "Score"),
        "teams": ("list", "Teams"),
        "ipaddress": ("string", "IP Address"),
    },
    "custom": {
        "plan": ("string", "Plan"),
        "trial": ("boolean", "Trial"),
        "renewal": ("time", "Renewal"),
        "arr": ("float", "ARR"),
        "nps": ("integer", "NPS"),
        "tags": ("list", "Tags"),
        "notes": ("", "Notes"),
    },
    "salesforce": {"contactid": ("string", "Contact ID"), "score": ("integer", "Score")},
    "pendo": _PENDO,
}
_ACCOUNT = {
    "agent": {"name": ("string", "Name"), "industry": ("string", "Industry")},
    "custom": {
        "plan": ("string", "Plan"),
        "seats": ("integer", "Seats"),
        "renewaldate": ("time", "Renewal_Date"),
    },
    "salesforce": {"account_id_pendo__c": ("string", "Account_ID_Pendo__c")},
    "pendo": _PENDO,
}
_NOT_KEPT = {"custom": {"oldsegment": ("string", "Old_Segment")}}

_Fields = dict[str, tuple[str, str]]


_PARENT: dict[str, dict[str, tuple[str, str]]] = {
    "auto": {"id": ("string", "Parent Account ID"), "lastupdated": ("time", "Last Updated")},
    "agent": {"name": ("string", "Name")},
    "pendo": {},
}


def metadata_schema(kind: str, app_ids: tuple[int, ...]) -> Row:
    """Empty for a kind that does not exist: Pendo answers 200 there."""
    if kind == "visitor":
        groups: dict[str, _Fields] = {"auto": _AUTO_VISITOR, **_VISITOR}
    elif kind == "account":
        groups = {"auto": _AUTO_ACCOUNT, **_ACCOUNT}
    elif kind == "parentAccount":
        return {
            group: {name: schema_entry(group, *of) for name, of in fields.items()} for group, fields in _PARENT.items()
        }
    else:
        return {}
    groups |= {auto_group(app): _PER_APP for app in app_ids}
    schema = {
        group: {name: schema_entry(group, *of) for name, of in fields.items()} for group, fields in groups.items()
    }
    for group, fields in _NOT_KEPT.items():
        schema[group] |= {name: schema_entry(group, *of) | {"isDeleted": True} for name, of in fields.items()}
    return schema


def schema_entry(group: str, of: str, display: str) -> Row:
    entry: Row = {"Type": of, "DisplayName": display, "ElementType": "string" if of == "list" else ""}
    entry |= {
        "ElementFormat": "",
        "Dirty": False,
        "isHidden": False,
        "isDeleted": False,
        "isCalculated": False,
    }
    entry |= {"isPerApp": group.startswith("auto_"), "isPromoted": False, "neverIndex": False}
    if group == "agent" and of == "string":
        entry["sample"] = "admin" if display == "Role" else "sample"
    return entry
