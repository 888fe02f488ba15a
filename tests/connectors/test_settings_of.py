"""Simple view and HTTP view are two readings of the same settings."""

from __future__ import annotations

import ipaddress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pendant.connectors.catalogue import load
from pendant.connectors.settings_of import CUSTOM, as_simple, complete, region_of
from pendant.errors import AddressRefused, WrongInput
from pendant.model.connection import Authentication, Connection, Draft, HttpSettings, Ping, RateLimit

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
CATALOGUE = load()
REGIONS = ["us", "us1", "eu", "jp", "au"]

words = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
hosts = st.builds(lambda word: f"https://{word}.example.com", words)
headers = st.dictionaries(words.map(lambda word: f"x-h-{word}"), words, max_size=3).map(lambda one: tuple(one.items()))
pings = st.one_of(
    st.just(Ping()),
    st.builds(Ping, method=st.sampled_from(["GET", "HEAD"]), relative_uri=words.map(lambda word: f"/{word}?a=1")),
    st.builds(
        Ping,
        method=st.sampled_from(["POST", "PUT"]),
        relative_uri=words.map(lambda word: f"/{word}"),
        body=words,
        success_path=words.map(lambda word: f"data.{word}"),
        success_values=st.lists(words, min_size=1, max_size=3).map(tuple),
        error_path=words,
    ),
)
https = st.builds(
    HttpSettings,
    base_uri=st.one_of(hosts, st.sampled_from(["https://app.pendo.io", "https://data.eu.pendo.io"])),
    authentication=st.one_of(
        st.builds(Authentication, location=st.just("header"), name=words, scheme=st.sampled_from(["", "Bearer"])),
        st.builds(Authentication, location=st.just("url"), name=words),
    ),
    headers=headers,
    media_type=st.sampled_from(["json", "urlencoded", "xml", "plaintext"]),
    ping=pings,
    rate_limit=st.builds(
        RateLimit, fail_status=st.integers(400, 599), retry_header=words, minimum_wait_ms=st.integers(0, 60_000)
    ),
    concurrency_level=st.integers(1, 64),
)
simple_drafts = st.one_of(
    st.builds(
        Draft,
        name=words,
        application=st.just("pendo"),
        api_type=st.sampled_from(["engage", "track"]),
        region=st.sampled_from(REGIONS),
    ),
    st.builds(
        Draft,
        name=words,
        application=st.just("pendo"),
        api_type=st.sampled_from(["engage", "track"]),
        region=st.just(CUSTOM),
        base_uri=hosts,
    ),
    st.builds(Draft, name=words, application=st.just("http"), api_type=st.just("http"), base_uri=hosts),
)


def saved(draft: Draft) -> Connection:
    http = complete(CATALOGUE, draft, allow_networks=())
    return Connection(id="1", name=draft.name, application=draft.application, api_type=draft.api_type, http=http)


@settings(max_examples=100, deadline=None)
@given(simple_drafts)
def test_the_simple_view_comes_back_as_it_was_entered(draft):
    assert as_simple(CATALOGUE, saved(draft)) == draft


@settings(max_examples=150, deadline=None)
@given(https, st.sampled_from(["pendo/engage", "pendo/track", "http/http"]))
def test_http_settings_survive_the_simple_view_unchanged(http, kind):
    application, _, api_type = kind.partition("/")
    connection = saved(Draft(name="n", application=application, api_type=api_type, http=http))
    assert connection.http == http
    shown = as_simple(CATALOGUE, connection)
    assert complete(CATALOGUE, shown, allow_networks=()) == http


@pytest.mark.parametrize("region", REGIONS)
def test_each_region_leads_to_the_host_of_the_api_type(region):
    pendo = CATALOGUE.connector("pendo")
    hosts_of = next((one.api, one.data) for one in pendo.regions if one.name == region)
    for api_type, host in zip(("engage", "track"), hosts_of, strict=True):
        http = saved(Draft(name="n", application="pendo", api_type=api_type, region=region)).http
        assert http.base_uri == host
        assert http.network == "public"
        assert region_of(CATALOGUE, "pendo", api_type, host) == region


def test_an_address_that_is_no_regions_shows_as_custom():
    assert region_of(CATALOGUE, "pendo", "engage", "https://pendo.example.com") == CUSTOM
    assert region_of(CATALOGUE, "pendo", "engage", "https://data.pendo.io") == CUSTOM
    assert region_of(CATALOGUE, "http", "http", "https://pendo.example.com") == ""


def test_a_region_chosen_in_the_simple_view_keeps_what_the_http_view_set():
    first = saved(Draft(name="n", application="pendo", api_type="engage", region="us"))
    tuned = replace(first.http, concurrency_level=9, headers=(("X-Team", "data"),))
    draft = as_simple(CATALOGUE, replace(first, http=tuned))
    moved = complete(CATALOGUE, replace(draft, region="eu"), allow_networks=())
    assert moved == replace(tuned, base_uri="https://app.eu.pendo.io")


@pytest.mark.parametrize(
    ("draft", "code", "field"),
    [
        (Draft("n", "pendo", "engage"), "region_required", "region"),
        (Draft("n", "pendo", "engage", region="mars"), "unknown_region", "region"),
        (Draft("n", "pendo", "engage", region=CUSTOM), "base_uri_required", "base_uri"),
        (
            Draft("n", "pendo", "engage", region="us", base_uri="https://x.example.com"),
            "base_uri_not_of_region",
            "base_uri",
        ),
        (Draft("n", "pendo", ""), "api_type_required", "api_type"),
        (Draft("n", "nothing", ""), "unknown_application", "application"),
        (Draft("n", "http", ""), "base_uri_required", "base_uri"),
        (Draft("n", "http", "", region="us", base_uri="https://x.example.com"), "unknown_region", "region"),
        (Draft("n", "http", "", base_uri="ftp://x.example.com"), "base_uri_invalid", "base_uri"),
    ],
)
def test_what_is_missing_or_wrong_is_named_with_its_field(draft, code, field):
    with pytest.raises(WrongInput) as problem:
        complete(CATALOGUE, draft, allow_networks=())
    assert (problem.value.code, problem.value.field) == (code, field)


def test_a_private_address_needs_an_allowed_network():
    draft = Draft("n", "http", base_uri="http://127.0.0.1:8080")
    with pytest.raises(AddressRefused):
        complete(CATALOGUE, draft, allow_networks=())
    assert complete(CATALOGUE, draft, allow_networks=LOOPBACK).network == "private"


def test_an_internal_https_name_is_private_only_when_the_http_view_says_so():
    http = HttpSettings(base_uri="https://pendo.intranet.example", network="private")
    stated = complete(CATALOGUE, Draft("n", "http", http=http), allow_networks=LOOPBACK)
    moved = complete(
        CATALOGUE, Draft("n", "http", base_uri="https://api.example.com", http=http), allow_networks=LOOPBACK
    )
    assert (stated.network, moved.network) == ("private", "public")
