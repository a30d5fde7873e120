-- confirmed /booking/zw0Apgj-QiyR4J5jbOhFaA~EXGzNxoV0tP_UyihbslxpDu9KlU
-- cancelled /booking/pL_meePdSpmuVMOByXjHrQ~9JxMpuuSsJUicC0bTcG4Vu8oSX8
-- pending /booking/GIhAv2gtQRi0R077iXBPPw~mMoVUfwU5KbTm9eAYSiu40C090A
BEGIN TRANSACTION;
CREATE TABLE booking (
    id CHAR(32) PRIMARY KEY,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    event VARCHAR(63) NOT NULL,
    promise TEXT NOT NULL,
    start_at BIGINT NOT NULL,
    end_at BIGINT NOT NULL,
    buffer_before_minutes INTEGER NOT NULL,
    buffer_after_minutes INTEGER NOT NULL,
    guest_name VARCHAR(200) NOT NULL,
    guest_email VARCHAR(254) NOT NULL,
    notes TEXT NOT NULL,
    answers TEXT NOT NULL,
    guests TEXT NOT NULL,
    tz VARCHAR(64) NOT NULL,
    language VARCHAR(35) NOT NULL,
    utm TEXT NOT NULL,
    status VARCHAR(9) NOT NULL CHECK (status IN ('pending', 'confirmed', 'cancelled', 'failed')),
    meet_link TEXT,
    meet_pending BOOLEAN NOT NULL DEFAULT FALSE,
    google_event_id VARCHAR(64) NOT NULL UNIQUE,
    calendar TEXT NOT NULL,
    etag VARCHAR(255),
    idempotency_key VARCHAR(100),
    body_digest VARCHAR(64) NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    settle_after BIGINT NOT NULL,
    failure VARCHAR(80),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL, change VARCHAR(6) CHECK (change IN ('cancel', 'move')), new_start_at BIGINT, new_end_at BIGINT, pending_since BIGINT, cancelled_by VARCHAR(5) CHECK (cancelled_by IN ('guest', 'host')), cancel_reason TEXT, sequence INTEGER NOT NULL DEFAULT 0, guest_response VARCHAR(20), holds BOOLEAN NOT NULL DEFAULT TRUE, conflict BOOLEAN NOT NULL DEFAULT FALSE, leftover BOOLEAN NOT NULL DEFAULT FALSE, trouble VARCHAR(6) CHECK (trouble IN ('book', 'cancel', 'move')), unannounced VARCHAR(11) CHECK (unannounced IN ('booked', 'rescheduled', 'cancelled')), no_show BOOLEAN NOT NULL DEFAULT FALSE,
    CHECK (start_at < end_at),
    UNIQUE (host_id, idempotency_key)
);
INSERT INTO "booking" VALUES('cf0d00a608fe422c91e09e636ce84568',1,'intro','{"title": "Intro call", "duration": 30, "location": "google_meet", "location_detail": "", "invite_title": "{guest} - {event}", "invite_text": "", "labels": {}}',1796122800,1796124600,0,0,'Zoë 李','maria@example.com','','{}','[]','Europe/Lisbon','en','{}','confirmed','http://127.0.0.1:43313/meet/hjg-xmri-odb',0,'ps6g19g8vp12p4f0jphmpq25d0','primary','"4021"','form:9b3e881dcbd9542576e69af241c54dd7c5d63881ee36ffa4087d0346dada76c7','b984ee6239040c7366bd03b3617084087cfcfbc7e70b77953acaf8e65dbbcf65',1,1796025603,NULL,1796025600,1796025600,NULL,NULL,NULL,NULL,NULL,NULL,1,'needsAction',1,0,0,NULL,'rescheduled',0);
INSERT INTO "booking" VALUES('a4bfe679e3dd4a99ae54c381c978c7ad',1,'intro','{"title": "Intro call", "duration": 30, "location": "google_meet", "location_detail": "", "invite_title": "{guest} - {event}", "invite_text": "", "labels": {}}',1796119200,1796121000,0,0,'Maria Sousa','maria@example.com','','{}','[]','Europe/Lisbon','en','{}','cancelled','http://127.0.0.1:43313/meet/zfw-vwoo-eug',0,'kivucuf3rl59jbikoe0siu67lk','primary','"2020"','form:11f641d91378653404b24dab70ffd9920140a1788086c329ad4cbde0e4073ef9','f485f4c966f45c467fa7d2303f901c3293ae6b0e75614022ac0146c7772711fc',1,1796025660,NULL,1796025600,1796025600,NULL,NULL,NULL,NULL,'guest','ill',1,'needsAction',1,0,0,NULL,'cancelled',0);
INSERT INTO "booking" VALUES('188840bf682d4118b4474efb89704f3f',1,'intro','{"title": "Intro call", "duration": 30, "location": "google_meet", "location_detail": "", "invite_title": "{guest} - {event}", "invite_text": "", "labels": {}}',1796202000,1796203800,0,0,'Maria Sousa','maria@example.com','','{}','[]','Europe/Lisbon','en','{}','pending',NULL,0,'32441fr85l0hhd279rtois2f7s','primary',NULL,'form:17a0d3ab51370620ecd6dcc61faa8bdf2c0540b40034e0a8b1630830270eb19b','78aacc01d9f2e50e3b11183351f11338443215e162a3bd778158f8ff145566cb',0,1796025603,NULL,1796025600,1796025600,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,1,0,0,NULL,'booked',0);
CREATE TABLE busy_times (
    host_id INTEGER PRIMARY KEY REFERENCES host (id) ON DELETE CASCADE,
    intervals TEXT NOT NULL DEFAULT '[]',
    start_at BIGINT NOT NULL DEFAULT 0,
    end_at BIGINT NOT NULL DEFAULT 0,
    fetched_at BIGINT NOT NULL DEFAULT 0);
INSERT INTO "busy_times" VALUES(1,'[[1796122800, 1796124600, "primary"]]',1795852800,1801555200,1796025600);
CREATE TABLE calendar_list (
    host_id INTEGER PRIMARY KEY REFERENCES host (id) ON DELETE CASCADE,
    entries TEXT NOT NULL DEFAULT '[]',
    asked_at BIGINT NOT NULL DEFAULT 0,
    problem VARCHAR(80)
);
CREATE TABLE channel (
    id VARCHAR(64) PRIMARY KEY,
    watched_id INTEGER NOT NULL REFERENCES watched_calendar (id) ON DELETE CASCADE,
    token VARCHAR(64) NOT NULL,
    resource_id TEXT,
    expires_at BIGINT NOT NULL,
    made_at BIGINT NOT NULL
);
CREATE TABLE host (
    id INTEGER PRIMARY KEY,
    handle VARCHAR(63) NOT NULL UNIQUE,
    email VARCHAR(320) NOT NULL,
    subject VARCHAR(255) NOT NULL UNIQUE,
    settings TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    refresh_token TEXT,
    access_token TEXT,
    token_expires_at BIGINT,
    scopes TEXT NOT NULL DEFAULT '',
    disconnected_at BIGINT,
    disconnected_reason VARCHAR(80),
    calendar_problem TEXT,
    asked_at BIGINT,
    created_at BIGINT NOT NULL
, calendar_gone TEXT, unknown_zone TEXT, server_problem VARCHAR(120), calendar_without_meet TEXT);
INSERT INTO "host" VALUES(1,'ana','ana@sailing.example','169183346879586507425','{
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
',3,'gAAAAABrDS0A2vRhI2uGzwdgouTVB5cB1bFVwSNulhNfYY9Nl-LQAT2H3yG7uoI_M9Q1hKVmaLEJrih31PAYhkHkSgJoUOwpXyn1eG9ry3UOlSSghNPnqO5lKS7eRXjwstVNsNPZKh-p','gAAAAABrDS0AReF3pisf78zlM9NP6AvUDCbjOeG7OEFi0Q4b_A1Dd_wbxgyOS6tgvOuRxLB3IT1aMLCyrbm_bBEeSBVlLzVIQDMZIlV95fHVifd7PtqolhQFOwLSJ2F6ZflBTThd8rhL',1796029199,'openid email profile https://www.googleapis.com/auth/calendar.events.owned https://www.googleapis.com/auth/calendar.freebusy https://www.googleapis.com/auth/calendar.calendarlist.readonly',NULL,NULL,NULL,1796025600,1796025600,NULL,NULL,NULL,NULL);
CREATE TABLE lease (
        name VARCHAR(60) PRIMARY KEY,
        token VARCHAR(32) NOT NULL,
        until BIGINT NOT NULL
    );
CREATE TABLE old_handle (
    handle VARCHAR(63) PRIMARY KEY,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE
);
CREATE TABLE old_slug (
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    slug VARCHAR(63) NOT NULL,
    event VARCHAR(63) NOT NULL,
    PRIMARY KEY (host_id, slug)
);
INSERT INTO "old_slug" VALUES(1,'talk','intro');
CREATE TABLE "schema_migration" ("id" INTEGER NOT NULL PRIMARY KEY, "name" VARCHAR(255) NOT NULL, "applied" DATETIME NOT NULL);
INSERT INTO "schema_migration" VALUES(1,'0001_start','2026-11-26 11:50:07.939006');
INSERT INTO "schema_migration" VALUES(2,'0002_changes','2026-11-26 11:50:07.942055');
INSERT INTO "schema_migration" VALUES(3,'0004_announcements','2026-11-26 11:50:07.942685');
INSERT INTO "schema_migration" VALUES(4,'0005_settings_page','2026-11-26 11:50:07.943404');
INSERT INTO "schema_migration" VALUES(5,'0006_told_to_hosts','2026-11-26 11:50:07.944218');
INSERT INTO "schema_migration" VALUES(6,'0007_reading','2026-11-26 11:50:07.944814');
INSERT INTO "schema_migration" VALUES(7,'0008_old_slugs','2026-11-26 11:50:07.945053');
INSERT INTO "schema_migration" VALUES(8,'0008_sign_in_fault','2026-11-26 11:50:07.945256');
INSERT INTO "schema_migration" VALUES(9,'0009_leases','2026-11-26 11:50:07.948370');
INSERT INTO "schema_migration" VALUES(10,'0010_no_past_settings','2026-11-26 11:50:07.948762');
CREATE TABLE sighting (
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    origin VARCHAR(300) NOT NULL,
    event VARCHAR(63) NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (host_id, origin, event)
);
CREATE TABLE sign_in_fault (
    id INTEGER PRIMARY KEY,
    problem VARCHAR(120) NOT NULL,
    noted_at BIGINT NOT NULL
);
CREATE TABLE watched_calendar (
    id INTEGER PRIMARY KEY,
    host_id INTEGER NOT NULL REFERENCES host (id) ON DELETE CASCADE,
    calendar TEXT NOT NULL,
    sync_token TEXT,
    due BOOLEAN NOT NULL DEFAULT TRUE,
    read_at BIGINT NOT NULL DEFAULT 0,
    watch_after BIGINT NOT NULL DEFAULT 0, page_token TEXT, unread TEXT NOT NULL DEFAULT '[]',
    UNIQUE (host_id, calendar)
);
CREATE UNIQUE INDEX "schema_migration_name" ON "schema_migration" ("name");
CREATE INDEX booking_active ON booking (host_id, start_at) WHERE status IN ('pending', 'confirmed');
CREATE INDEX booking_guest ON booking (LOWER(guest_email));
CREATE INDEX booking_created ON booking (host_id, created_at)
;
CREATE INDEX booking_unsettled ON booking (settle_after)
    WHERE status = 'pending' OR meet_pending OR leftover;
CREATE INDEX channel_watched ON channel (watched_id);
CREATE TRIGGER booking_overlap_INSERT BEFORE INSERT ON booking
WHEN NEW.status IN ('pending', 'confirmed') AND NEW.holds AND NOT NEW.conflict AND EXISTS (
    SELECT 1 FROM booking AS other
    WHERE other.host_id = NEW.host_id AND other.id <> NEW.id
      AND other.status IN ('pending', 'confirmed') AND other.holds AND NOT other.conflict
      AND (
        (other.start_at < NEW.end_at AND other.end_at > NEW.start_at)
        OR (other.new_start_at < NEW.end_at AND other.new_end_at > NEW.start_at)
        OR (other.start_at < NEW.new_end_at AND other.end_at > NEW.new_start_at)
        OR (other.new_start_at < NEW.new_end_at AND other.new_end_at > NEW.new_start_at)
      )
)
BEGIN SELECT RAISE(ABORT, 'booking_overlap'); END;
CREATE TRIGGER booking_overlap_UPDATE BEFORE UPDATE ON booking
WHEN NEW.status IN ('pending', 'confirmed') AND NEW.holds AND NOT NEW.conflict AND EXISTS (
    SELECT 1 FROM booking AS other
    WHERE other.host_id = NEW.host_id AND other.id <> NEW.id
      AND other.status IN ('pending', 'confirmed') AND other.holds AND NOT other.conflict
      AND (
        (other.start_at < NEW.end_at AND other.end_at > NEW.start_at)
        OR (other.new_start_at < NEW.end_at AND other.new_end_at > NEW.start_at)
        OR (other.start_at < NEW.new_end_at AND other.end_at > NEW.new_start_at)
        OR (other.new_start_at < NEW.new_end_at AND other.new_end_at > NEW.new_start_at)
      )
)
BEGIN SELECT RAISE(ABORT, 'booking_overlap'); END;
COMMIT;
