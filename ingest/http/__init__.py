"""The HTTP door: workouts, their frames and tables, and how the process is."""

from __future__ import annotations

from quart import Quart

from barograph.settings import Settings
from barograph.store.ports import Archive, Live
from barograph.web.bodies import bound_bodies
from ingest.http.archive import add_archive, add_roster
from ingest.http.corrections import add_masks, add_print_corrections
from ingest.http.documents import add_documents
from ingest.http.erasing import add_erasing
from ingest.http.errors import add_errors
from ingest.http.final import add_final
from ingest.http.frames import add_frames, add_tables
from ingest.http.health import add_health
from ingest.http.importing import add_importing
from ingest.http.norms import add_norms
from ingest.http.pairing import add_pairing
from ingest.http.posted import Bodies
from ingest.http.summaries import add_summaries
from ingest.http.test_days import add_test_days
from ingest.http.trials import add_protocols, add_trials
from ingest.http.visits import Visits
from ingest.http.workouts import add_markers, add_workouts
from ingest.limits import Limits
from ingest.sessions import Ingest


def add_http(app: Quart, settings: Settings, archive: Archive, live: Live, ingest: Ingest, limits: Limits) -> Visits:
    """Give the application its routes and JSON errors; returns the requests that bring frames, whose task is to run."""
    bodies, visits = Bodies(settings, limits), Visits(ingest, settings.storage_timeout_s)
    bound_bodies(app)
    add_documents(app)
    add_workouts(app, settings, archive, ingest)
    add_final(app, settings, archive, ingest, bodies)
    add_frames(app, archive, visits, bodies)
    add_tables(app, archive)
    add_markers(app, archive, ingest)
    add_trials(app, settings, archive)
    add_protocols(app, settings)
    add_test_days(app, settings, archive, ingest.archive)
    add_masks(app, archive)
    add_print_corrections(app, archive)
    add_archive(app, archive)
    add_roster(app, archive)
    add_erasing(app, archive, ingest)
    add_summaries(app, archive)
    add_norms(app, archive)
    add_importing(app, archive, ingest, bodies)
    add_pairing(app, ingest.archive)
    add_health(app, archive, live, ingest, ingest.metrics)
    add_errors(app, ingest.refusals)
    return visits
