-- confirmed /booking/r6NlpHtcTRaZ_bZs3tp8Ag~TTzIsvGFI-yRdu2JnQ8yW9AaV9Q
-- cancelled /booking/G05Bj3MAT_CBBlfUZR7gaQ~1KMLCUJ7NXCy-8RKw41JxIVayQ0
-- pending /booking/ICiUbluZRUi038RqbMXmSg~XxzLFEAKCpWMG6iJzGyoIc6b3SI
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.booking (
    id character(32) NOT NULL,
    host_id integer NOT NULL,
    event character varying(63) NOT NULL,
    promise text NOT NULL,
    start_at bigint NOT NULL,
    end_at bigint NOT NULL,
    buffer_before_minutes integer NOT NULL,
    buffer_after_minutes integer NOT NULL,
    guest_name character varying(200) NOT NULL,
    guest_email character varying(254) NOT NULL,
    notes text NOT NULL,
    answers text NOT NULL,
    guests text NOT NULL,
    tz character varying(64) NOT NULL,
    language character varying(35) NOT NULL,
    utm text NOT NULL,
    status character varying(9) NOT NULL,
    meet_link text,
    meet_pending boolean DEFAULT false NOT NULL,
    google_event_id character varying(64) NOT NULL,
    calendar text NOT NULL,
    etag character varying(255),
    idempotency_key character varying(100),
    body_digest character varying(64) NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    settle_after bigint NOT NULL,
    failure character varying(80),
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    change character varying(6),
    new_start_at bigint,
    new_end_at bigint,
    pending_since bigint,
    cancelled_by character varying(5),
    cancel_reason text,
    sequence integer DEFAULT 0 NOT NULL,
    guest_response character varying(20),
    holds boolean DEFAULT true NOT NULL,
    conflict boolean DEFAULT false NOT NULL,
    leftover boolean DEFAULT false NOT NULL,
    trouble character varying(6),
    unannounced character varying(11),
    no_show boolean DEFAULT false NOT NULL,
    CONSTRAINT booking_cancelled_by_check CHECK (((cancelled_by)::text = ANY ((ARRAY['guest'::character varying, 'host'::character varying])::text[]))),
    CONSTRAINT booking_change_check CHECK (((change)::text = ANY ((ARRAY['cancel'::character varying, 'move'::character varying])::text[]))),
    CONSTRAINT booking_check CHECK ((start_at < end_at)),
    CONSTRAINT booking_status_check CHECK (((status)::text = ANY ((ARRAY['pending'::character varying, 'confirmed'::character varying, 'cancelled'::character varying, 'failed'::character varying])::text[]))),
    CONSTRAINT booking_trouble_check CHECK (((trouble)::text = ANY ((ARRAY['book'::character varying, 'cancel'::character varying, 'move'::character varying])::text[]))),
    CONSTRAINT booking_unannounced_check CHECK (((unannounced)::text = ANY ((ARRAY['booked'::character varying, 'rescheduled'::character varying, 'cancelled'::character varying])::text[])))
);
CREATE TABLE public.busy_times (
    host_id integer NOT NULL,
    intervals text DEFAULT '[]'::text NOT NULL,
    start_at bigint DEFAULT 0 NOT NULL,
    end_at bigint DEFAULT 0 NOT NULL,
    fetched_at bigint DEFAULT 0 NOT NULL
);
CREATE TABLE public.calendar_list (
    host_id integer NOT NULL,
    entries text DEFAULT '[]'::text NOT NULL,
    asked_at bigint DEFAULT 0 NOT NULL,
    problem character varying(80)
);
CREATE TABLE public.channel (
    id character varying(64) NOT NULL,
    watched_id integer NOT NULL,
    token character varying(64) NOT NULL,
    resource_id text,
    expires_at bigint NOT NULL,
    made_at bigint NOT NULL
);
CREATE TABLE public.host (
    id integer NOT NULL,
    handle character varying(63) NOT NULL,
    email character varying(320) NOT NULL,
    subject character varying(255) NOT NULL,
    settings text NOT NULL,
    revision integer DEFAULT 1 NOT NULL,
    refresh_token text,
    access_token text,
    token_expires_at bigint,
    scopes text DEFAULT ''::text NOT NULL,
    disconnected_at bigint,
    disconnected_reason character varying(80),
    calendar_problem text,
    asked_at bigint,
    created_at bigint NOT NULL,
    calendar_gone text,
    unknown_zone text,
    server_problem character varying(120),
    calendar_without_meet text
);
CREATE SEQUENCE public.host_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.host_id_seq OWNED BY public.host.id;
CREATE TABLE public.lease (
    name character varying(60) NOT NULL,
    token character varying(32) NOT NULL,
    until bigint NOT NULL
);
CREATE TABLE public.old_handle (
    handle character varying(63) NOT NULL,
    host_id integer NOT NULL
);
CREATE TABLE public.old_slug (
    host_id integer NOT NULL,
    slug character varying(63) NOT NULL,
    event character varying(63) NOT NULL
);
CREATE TABLE public.schema_migration (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    applied timestamp without time zone NOT NULL
);
CREATE SEQUENCE public.schema_migration_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.schema_migration_id_seq OWNED BY public.schema_migration.id;
CREATE TABLE public.sighting (
    host_id integer NOT NULL,
    origin character varying(300) NOT NULL,
    event character varying(63) NOT NULL,
    seen_at bigint NOT NULL
);
CREATE TABLE public.sign_in_fault (
    id integer NOT NULL,
    problem character varying(120) NOT NULL,
    noted_at bigint NOT NULL
);
CREATE TABLE public.watched_calendar (
    id integer NOT NULL,
    host_id integer NOT NULL,
    calendar text NOT NULL,
    sync_token text,
    due boolean DEFAULT true NOT NULL,
    read_at bigint DEFAULT 0 NOT NULL,
    watch_after bigint DEFAULT 0 NOT NULL,
    page_token text,
    unread text DEFAULT '[]'::text NOT NULL
);
CREATE SEQUENCE public.watched_calendar_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.watched_calendar_id_seq OWNED BY public.watched_calendar.id;
ALTER TABLE ONLY public.host ALTER COLUMN id SET DEFAULT nextval('public.host_id_seq'::regclass);
ALTER TABLE ONLY public.schema_migration ALTER COLUMN id SET DEFAULT nextval('public.schema_migration_id_seq'::regclass);
ALTER TABLE ONLY public.watched_calendar ALTER COLUMN id SET DEFAULT nextval('public.watched_calendar_id_seq'::regclass);
INSERT INTO public.booking VALUES ('1b4e418f73004ff0810657d4651ee069', 1, 'intro', '{"title": "Intro call", "duration": 30, "location": "google_meet", "location_detail": "", "invite_title": "{guest} - {event}", "invite_text": "", "labels": {}}', 1796119200, 1796121000, 0, 0, 'Maria Sousa', 'maria@example.com', '', '{}', '[]', 'Europe/Lisbon', 'en', '{}', 'cancelled', 'http://127.0.0.1:43313/meet/vsj-luay-ifg', false, '3d7433rj017v1086ava6a7n0d4', 'primary', '"7020"', 'form:105fa28cc0412011cc2f2e6237d9392d286614a6e4060626cfd522c179d6e4ec', 'f485f4c966f45c467fa7d2303f901c3293ae6b0e75614022ac0146c7772711fc', 1, 1796025660, NULL, 1796025600, 1796025600, NULL, NULL, NULL, NULL, 'guest', 'ill', 1, 'needsAction', true, false, false, NULL, 'cancelled', false);
INSERT INTO public.booking VALUES ('afa365a47b5c4d1699fdb66cdeda7c02', 1, 'intro', '{"title": "Intro call", "duration": 30, "location": "google_meet", "location_detail": "", "invite_title": "{guest} - {event}", "invite_text": "", "labels": {}}', 1796122800, 1796124600, 0, 0, 'Zoë 李', 'maria@example.com', '', '{}', '[]', 'Europe/Lisbon', 'en', '{}', 'confirmed', 'http://127.0.0.1:43313/meet/mkr-nosq-xqe', false, 'luhmb93rbh6hd6ftmpmdtmjs08', 'primary', '"9021"', 'form:77bc642e2c80710a5029460be99fb6965848c45ac5d1be14987c0367a613ab6a', 'b984ee6239040c7366bd03b3617084087cfcfbc7e70b77953acaf8e65dbbcf65', 1, 1796025603, NULL, 1796025600, 1796025600, NULL, NULL, NULL, NULL, NULL, NULL, 1, 'needsAction', true, false, false, NULL, 'rescheduled', false);
INSERT INTO public.booking VALUES ('2028946e5b994548b4dfc46a6cc5e64a', 1, 'intro', '{"title": "Intro call", "duration": 30, "location": "google_meet", "location_detail": "", "invite_title": "{guest} - {event}", "invite_text": "", "labels": {}}', 1796202000, 1796203800, 0, 0, 'Maria Sousa', 'maria@example.com', '', '{}', '[]', 'Europe/Lisbon', 'en', '{}', 'pending', NULL, false, '40k98rirj52khd6vohl6phf698', 'primary', NULL, 'form:5a89c3d5128334ea17fc8423c9d7bbab7f55bdd76143bde4f4520028a50140a5', '78aacc01d9f2e50e3b11183351f11338443215e162a3bd778158f8ff145566cb', 0, 1796025603, NULL, 1796025600, 1796025600, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, true, false, false, NULL, 'booked', false);
INSERT INTO public.busy_times VALUES (1, '[[1796122800, 1796124600, "primary"]]', 1795852800, 1801555200, 1796025600);
INSERT INTO public.host VALUES (1, 'ana', 'ana@sailing.example', '169183346879586507425', '{
  "version": 1,
  "handle": "ana",
  "display_name": "Ana Zé ☂",
  "time_zone": "Europe/Lisbon",
  "busy_calendars": [
    "primary"
  ],
  "target_calendar": "primary",
  "weekly_hours": {
    "mon": [
      [
        "09:00",
        "17:00"
      ]
    ],
    "tue": [
      [
        "09:00",
        "17:00"
      ]
    ],
    "wed": [
      [
        "09:00",
        "17:00"
      ]
    ],
    "thu": [
      [
        "09:00",
        "17:00"
      ]
    ],
    "fri": [
      [
        "09:00",
        "17:00"
      ]
    ],
    "sat": [],
    "sun": []
  },
  "date_overrides": {},
  "allowed_sites": [],
  "theme": {
    "accent": "1a73e8",
    "mode": "auto"
  },
  "webhook": null,
  "event_types": [
    {
      "slug": "intro",
      "title": "Intro call",
      "description": "",
      "duration": 30,
      "slot_interval": 30,
      "buffer_before": 0,
      "buffer_after": 0,
      "minimum_notice": 240,
      "booking_window_days": 60,
      "max_per_day": null,
      "max_per_week": null,
      "extra_guests": 0,
      "location": "google_meet",
      "location_detail": "",
      "listed": true,
      "active": true,
      "questions": [],
      "redirect_url": null
    }
  ]
}
', 3, 'gAAAAABrDS0AwTS7D6RxfmdpFa3GfiGiO6vFq9huI4yUmwnts-oNfpf7ObAM1BNRgIv_TFvDIIGVoBbCGGXOSWjr2FIqaecmBBk3w3MX7to9fxnLIIUG2hGo7_aaMAn2-VxBPjZWNDFR', 'gAAAAABrDS0A5WeU75xgB96TnuhRYkV5-jih-ROBEgFpOizl4NIE9to9j4SBX6Fc9HmgIjIuNOqL-qdXEvoxuZmQ8VvRLVpx7LyZ1hWpocWat-HaUV2PDu_jjuJvcjzrkhgulwF4xWF8', 1796029199, 'openid email profile https://www.googleapis.com/auth/calendar.events.owned https://www.googleapis.com/auth/calendar.freebusy https://www.googleapis.com/auth/calendar.calendarlist.readonly', NULL, NULL, NULL, 1796025600, 1796025600, NULL, NULL, NULL, NULL);
INSERT INTO public.old_slug VALUES (1, 'talk', 'intro');
INSERT INTO public.schema_migration VALUES (1, '0001_start', '2026-11-26 11:50:09.662686');
INSERT INTO public.schema_migration VALUES (2, '0002_changes', '2026-11-26 11:50:09.675991');
INSERT INTO public.schema_migration VALUES (3, '0004_announcements', '2026-11-26 11:50:09.677696');
INSERT INTO public.schema_migration VALUES (4, '0005_settings_page', '2026-11-26 11:50:09.684858');
INSERT INTO public.schema_migration VALUES (5, '0006_told_to_hosts', '2026-11-26 11:50:09.686967');
INSERT INTO public.schema_migration VALUES (6, '0007_reading', '2026-11-26 11:50:09.688526');
INSERT INTO public.schema_migration VALUES (7, '0008_old_slugs', '2026-11-26 11:50:09.690935');
INSERT INTO public.schema_migration VALUES (8, '0008_sign_in_fault', '2026-11-26 11:50:09.692814');
INSERT INTO public.schema_migration VALUES (9, '0009_leases', '2026-11-26 11:50:09.695976');
INSERT INTO public.schema_migration VALUES (10, '0010_no_past_settings', '2026-11-26 11:50:09.697557');
SELECT pg_catalog.setval('public.host_id_seq', 1, true);
SELECT pg_catalog.setval('public.schema_migration_id_seq', 10, true);
SELECT pg_catalog.setval('public.watched_calendar_id_seq', 1, false);
ALTER TABLE ONLY public.booking
    ADD CONSTRAINT booking_google_event_id_key UNIQUE (google_event_id);
ALTER TABLE ONLY public.booking
    ADD CONSTRAINT booking_host_id_idempotency_key_key UNIQUE (host_id, idempotency_key);
ALTER TABLE ONLY public.booking
    ADD CONSTRAINT booking_overlap EXCLUDE USING gist (int4range(host_id, host_id, '[]'::text) WITH &&, (
CASE
    WHEN (new_start_at IS NULL) THEN int8multirange(int8range(start_at, end_at))
    ELSE int8multirange(VARIADIC ARRAY[int8range(start_at, end_at), int8range(new_start_at, new_end_at)])
END) WITH &&) WHERE ((((status)::text = ANY ((ARRAY['pending'::character varying, 'confirmed'::character varying])::text[])) AND holds AND (NOT conflict)));
ALTER TABLE ONLY public.booking
    ADD CONSTRAINT booking_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.busy_times
    ADD CONSTRAINT busy_times_pkey PRIMARY KEY (host_id);
ALTER TABLE ONLY public.calendar_list
    ADD CONSTRAINT calendar_list_pkey PRIMARY KEY (host_id);
ALTER TABLE ONLY public.channel
    ADD CONSTRAINT channel_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.host
    ADD CONSTRAINT host_handle_key UNIQUE (handle);
ALTER TABLE ONLY public.host
    ADD CONSTRAINT host_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.host
    ADD CONSTRAINT host_subject_key UNIQUE (subject);
ALTER TABLE ONLY public.lease
    ADD CONSTRAINT lease_pkey PRIMARY KEY (name);
ALTER TABLE ONLY public.old_handle
    ADD CONSTRAINT old_handle_pkey PRIMARY KEY (handle);
ALTER TABLE ONLY public.old_slug
    ADD CONSTRAINT old_slug_pkey PRIMARY KEY (host_id, slug);
ALTER TABLE ONLY public.schema_migration
    ADD CONSTRAINT schema_migration_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.sighting
    ADD CONSTRAINT sighting_pkey PRIMARY KEY (host_id, origin, event);
ALTER TABLE ONLY public.sign_in_fault
    ADD CONSTRAINT sign_in_fault_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.watched_calendar
    ADD CONSTRAINT watched_calendar_host_id_calendar_key UNIQUE (host_id, calendar);
ALTER TABLE ONLY public.watched_calendar
    ADD CONSTRAINT watched_calendar_pkey PRIMARY KEY (id);
CREATE INDEX booking_active ON public.booking USING btree (host_id, start_at) WHERE ((status)::text = ANY ((ARRAY['pending'::character varying, 'confirmed'::character varying])::text[]));
CREATE INDEX booking_created ON public.booking USING btree (host_id, created_at);
CREATE INDEX booking_guest ON public.booking USING btree (lower((guest_email)::text));
CREATE INDEX booking_unsettled ON public.booking USING btree (settle_after) WHERE (((status)::text = 'pending'::text) OR meet_pending OR leftover);
CREATE INDEX channel_watched ON public.channel USING btree (watched_id);
CREATE UNIQUE INDEX schema_migration_name ON public.schema_migration USING btree (name);
ALTER TABLE ONLY public.booking
    ADD CONSTRAINT booking_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.host(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.busy_times
    ADD CONSTRAINT busy_times_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.host(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.calendar_list
    ADD CONSTRAINT calendar_list_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.host(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.channel
    ADD CONSTRAINT channel_watched_id_fkey FOREIGN KEY (watched_id) REFERENCES public.watched_calendar(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.old_handle
    ADD CONSTRAINT old_handle_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.host(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.old_slug
    ADD CONSTRAINT old_slug_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.host(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.sighting
    ADD CONSTRAINT sighting_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.host(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.watched_calendar
    ADD CONSTRAINT watched_calendar_host_id_fkey FOREIGN KEY (host_id) REFERENCES public.host(id) ON DELETE CASCADE;
