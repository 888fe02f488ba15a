"""New credentials for the bucket that Data Sync writes to: they are checked and thrown away."""

from pendosim.errors import Refused
from pendosim.web.call import Call, Reply, Route, route, text_reply
from pendosim.web.fields import fields_of, text_of

FIELDS = {
    "gcs": ("serviceAccount", "secretKey"),
    "s3": ("accessKeyId", "secretAccessKey"),
    "azure": ("clientId", "clientSecret"),
}


def _rotate(call: Call) -> Reply:
    storage = call.names["storage"]
    if storage not in FIELDS:
        raise Refused("not found", status=404)
    wanted = FIELDS[storage]
    fields = fields_of(call, *wanted)
    for name in wanted:
        text_of(fields, name)
    call.world.rotated[storage] = call.world.clock.now()
    return text_reply(200, "")


ROUTES: tuple[Route, ...] = (
    route("PUT", "/api/v1/datasync/storageTypes/{storage}/destinations/Default/credentials", _rotate, write=True),
)
