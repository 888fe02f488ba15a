"""POST /data/agentic: conversation events, and the source agenticEvents."""

import pytest

NOW = 1710171000000
ALL = {"source": {"agenticEvents": {"appId": 'expandAppIds("*")'}}}
PROMPT = {
    "visitor_id": "ann@example.com",
    "account_id": "acme",
    "type": "prompt",
    "timestamp": NOW - 1000,
    "props": {"agentId": "agent-1", "conversationId": "c-1", "messageId": "m-1", "content": "How do I export?"},
    "context": {"ip": "203.0.113.7", "url": "https://app.example.com/chat"},
}


@pytest.fixture
def send(own):
    def sent(body=PROMPT, *, url="", key=None):
        secret = own.pendo.track_secret if key is None else key
        return own.request("POST", "/data/agentic", body, url=url or own.pendo.data, key=secret)

    return sent


def mine(own):
    return own.rows(ALL, {"filter": 'visitorId == "ann@example.com"'})


def test_a_conversation_is_accepted_on_both_hosts_and_shows_in_the_source(own, send):
    for url in (own.pendo.data, own.pendo.api):
        answer = send(url=url)
        assert (answer.status, answer.body) == (200, b"")
    first, second = mine(own)
    assert first["eventId"] != second["eventId"]
    wanted = {
        "visitorId": "ann@example.com",
        "accountId": "acme",
        "content": "How do I export?",
        "browserTime": NOW - 1000,
    }
    assert wanted.items() <= first.items()
    assert (first["type"], first["conversationId"]) == ("prompt", "c-1")
    (_, other) = own.pendo.track_secrets
    assert not own.rows({"source": {"agenticEvents": {"appId": other}}}, {"filter": 'visitorId == "ann@example.com"'})
    found = own.rows({"source": {"agenticEvents": {"appId": -323232, "agentId": "agent-1"}}})
    assert {row["visitorId"] for row in found} == {"ann@example.com"}


def test_it_shows_after_the_ingest_lag_and_goes_with_the_erased(own, send):
    own.pendo.lags.change(ingest_lag=60)
    send()
    assert mine(own) == []
    own.pendo.clock.advance(60)
    assert len(mine(own)) == 1
    own.request("POST", "/api/v1/bulkdelete/visitor", {"visitors": ["ann@example.com"]})
    assert mine(own) == []
    send()
    own.pendo.clock.advance(60)
    assert mine(own) == []


@pytest.mark.parametrize("key", ["", "wrong"])
def test_a_wrong_secret_is_403_with_an_empty_body(own, send, key):
    answer = send(key=key)
    assert (answer.status, answer.body) == (403, b"")
    assert send(key=own.pendo.key).status == 403


@pytest.mark.parametrize(
    "change",
    [
        {"visitor_id": None},
        {"visitor_id": 5},
        {"type": "monologue"},
        {"type": ["prompt"]},
        {"timestamp": "now"},
        {"timestamp": None},
        {"props": [1]},
        {"context": "x"},
        {"account_id": {}},
    ],
)
def test_what_makes_no_sense_is_400_in_a_sentence(send, change):
    answer = send(PROMPT | change)
    assert (answer.status, bool(answer.body)) == (400, True)


@pytest.mark.parametrize("body", [b"", b"{", [PROMPT], 5])
def test_a_body_that_is_not_one_event_is_400(send, body):
    assert send(body).status == 400
