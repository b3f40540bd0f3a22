-- +goose Up
CREATE TABLE `id_nodes` (
  `node` bigint COMMENT '0-63',
  `owner` varchar(64) NOT NULL COMMENT 'random name of the process that holds it',
  `lease_until` datetime(3) NOT NULL COMMENT 'free after this',
  PRIMARY KEY (`node`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `leases` (
  `name` varchar(64) COMMENT 'job',
  `owner` varchar(64) NOT NULL COMMENT 'random name of the process that holds it',
  `until` datetime(3) NOT NULL COMMENT 'free after this',
  `last_run` datetime(3) NULL COMMENT 'end of the last good run',
  `last_err` varchar(500) NOT NULL COMMENT 'last failure, empty after a good run',
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `idempotency_records` (
  `caller` varchar(32) COMMENT 'u<user id> or c<client id>',
  `operation` varchar(64) COMMENT 'operation id',
  `key` varchar(64) COMMENT 'Idempotency-Key as sent',
  `hash` varbinary(32) NOT NULL COMMENT 'SHA-256 of the request',
  `answer` mediumtext NOT NULL COMMENT 'JSON of what the operation returned',
  `created_at` datetime(3) NOT NULL COMMENT 'kept at least 24 h',
  PRIMARY KEY (`caller`,`operation`,`key`),
  INDEX `idx_idempotency_records_created_at` (`created_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `audit_log` (
  `id` bigint COMMENT 'time ordered',
  `at` datetime(3) NOT NULL COMMENT 'when',
  `user_id` bigint NOT NULL COMMENT 'who, 0 for an API client or the system',
  `client_id` bigint NOT NULL COMMENT 'API client, 0 for a person',
  `action` varchar(64) NOT NULL COMMENT 'e.g. pairing.accept',
  `object` varchar(32) NOT NULL COMMENT 'table acted upon',
  `object_id` bigint NOT NULL COMMENT 'row acted upon',
  `org_path` varchar(255) NOT NULL COMMENT 'path of the owning organisation that day',
  `from_state` varchar(24) NOT NULL COMMENT 'state before, empty if none',
  `to_state` varchar(24) NOT NULL COMMENT 'state after, empty if none',
  `reason` varchar(500) NOT NULL COMMENT 'as given',
  `request_id` varchar(64) NOT NULL COMMENT 'request id',
  `data` text NOT NULL COMMENT 'JSON of further ids and numbers, no personal data',
  PRIMARY KEY (`id`),
  INDEX `ix_audit_user` (`user_id`),
  INDEX `ix_audit_object` (`object`,`object_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `key_checks` (
  `name` varchar(32) COMMENT 'index, or field: and the id of a field key',
  `proof` varbinary(128) NOT NULL COMMENT 'a known text, hashed or sealed with the key',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `person_keys` (
  `person_id` bigint COMMENT 'users.id, or student_profiles.id until a user binds it',
  `wrapped_key` varbinary(128) NOT NULL COMMENT 'AES-256-GCM of the 32-byte data key',
  `kek_id` varchar(16) NOT NULL COMMENT 'which field key wrapped it',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`person_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `regions` (
  `code` char(12) COMMENT '12 digits, padded right with zeros',
  `level` varchar(12) NOT NULL COMMENT 'PROVINCE CITY COUNTY TOWN COMMUNITY',
  `name` varchar(100) NOT NULL COMMENT 'official name',
  `parent_code` varchar(12) NOT NULL COMMENT 'division above, empty for a province',
  PRIMARY KEY (`code`),
  INDEX `idx_regions_parent_code` (`parent_code`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `orgs` (
  `id` bigint COMMENT 'id',
  `kind` varchar(32) NOT NULL COMMENT 'what it is',
  `side` varchar(8) NOT NULL COMMENT 'LEAGUE LOCAL CAMPUS',
  `parent_id` bigint NOT NULL COMMENT 'organisation above, 0 at the top',
  `path` varchar(255) NOT NULL COMMENT '/1/7/42/ ids from the top to this one',
  `name` varchar(100) NOT NULL COMMENT 'full name',
  `region_code` varchar(12) NOT NULL COMMENT '12-digit division, empty if unknown',
  `import_code` varchar(16) COMMENT 'division code it was imported from, NULL when made by hand',
  `lat_e6` bigint COMMENT 'latitude, WGS-84, millionths of a degree',
  `lng_e6` bigint COMMENT 'longitude, WGS-84, millionths of a degree',
  `status` varchar(12) NOT NULL COMMENT 'see docs/states.md',
  `successor_id` bigint COMMENT 'who certifies for a dissolved one',
  `version` bigint NOT NULL COMMENT 'for If-Match',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  `live_name` varchar(100) COMMENT 'the name until it is dissolved, then NULL',
  PRIMARY KEY (`id`),
  INDEX `ix_org_kind` (`kind`),
  INDEX `ix_org_parent` (`parent_id`),
  UNIQUE INDEX `uq_org_path` (`path`),
  INDEX `ix_org_name` (`name`),
  INDEX `ix_org_region` (`region_code`),
  UNIQUE INDEX `uq_org_import` (`import_code`),
  UNIQUE INDEX `uq_org_name` (`parent_id`,`live_name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `terms` (
  `id` bigint COMMENT 'id',
  `university_id` bigint NOT NULL COMMENT 'whose',
  `name` varchar(40) NOT NULL COMMENT '2026-2027-1',
  `starts_on` varchar(10) NOT NULL COMMENT 'first day',
  `ends_on` varchar(10) NOT NULL COMMENT 'last day',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  UNIQUE INDEX `uq_term` (`university_id`,`starts_on`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `users` (
  `id` bigint COMMENT 'id, also the person key''s id',
  `openid_enc` varbinary(255) COMMENT 'WeChat openid, encrypted',
  `openid_idx` varbinary(32) COMMENT 'blind index of the openid',
  `unionid_enc` varbinary(255) COMMENT 'WeChat unionid, encrypted, NULL if unknown',
  `unionid_idx` varbinary(32) COMMENT 'blind index of the unionid',
  `phone_enc` varbinary(255) COMMENT 'phone in E.164, encrypted, NULL if unknown',
  `phone_idx` varbinary(32) COMMENT 'blind index of the phone',
  `name_enc` varbinary(512) COMMENT 'name, encrypted, NULL if unknown',
  `name_idx` varbinary(32) COMMENT 'blind index of the name',
  `status` varchar(12) NOT NULL COMMENT 'ACTIVE SUSPENDED CLOSED',
  `version` bigint NOT NULL COMMENT 'for If-Match',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  UNIQUE INDEX `uq_user_openid` (`openid_idx`),
  INDEX `ix_user_unionid` (`unionid_idx`),
  INDEX `ix_user_phone` (`phone_idx`),
  INDEX `ix_user_name` (`name_idx`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `login_sessions` (
  `id` bigint COMMENT 'id, the family',
  `user_id` bigint NOT NULL COMMENT 'whose',
  `counter` bigint NOT NULL COMMENT 'number of the newest refresh token',
  `rotated_at` datetime(3) NOT NULL COMMENT 'when the newest was made',
  `logged_in_at` datetime(3) NOT NULL COMMENT 'when the person last proved who they are',
  `expires_at` datetime(3) NOT NULL COMMENT 'sliding end',
  `ends_at` datetime(3) NOT NULL COMMENT 'absolute end',
  `revoked_at` datetime(3) NULL COMMENT 'logout, reuse, ban',
  `revoked_why` varchar(24) NOT NULL COMMENT 'LOGOUT REUSE BAN ROTATION',
  PRIMARY KEY (`id`),
  INDEX `ix_login_user` (`user_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `bootstrap_codes` (
  `id` bigint COMMENT 'id',
  `code_hash` varbinary(32) NOT NULL COMMENT 'SHA-256 of the code',
  `expires_at` datetime(3) NOT NULL COMMENT '24 h after it was made',
  `used_by` bigint COMMENT 'user',
  `used_at` datetime(3) NULL COMMENT 'when',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  UNIQUE INDEX `uq_bootstrap` (`code_hash`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `role_grants` (
  `id` bigint COMMENT 'id',
  `user_id` bigint NOT NULL COMMENT 'who',
  `role` varchar(24) NOT NULL COMMENT 'see glossary',
  `org_id` bigint NOT NULL COMMENT 'where, 0 for system roles',
  `from_at` datetime(3) NOT NULL COMMENT 'good from',
  `to_at` datetime(3) NULL COMMENT 'good until, NULL without end',
  `live` boolean COMMENT '1 until it is revoked, then NULL',
  `granted_by` bigint NOT NULL COMMENT 'user, 0 for bootstrap',
  `revoked_at` datetime(3) NULL COMMENT 'when',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  UNIQUE INDEX `uq_grant_live` (`user_id`,`role`,`org_id`,`live`),
  INDEX `ix_grant_org` (`org_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `invitations` (
  `id` bigint COMMENT 'id',
  `org_id` bigint NOT NULL COMMENT 'where',
  `role` varchar(24) NOT NULL COMMENT 'what',
  `code_hash` varbinary(32) NOT NULL COMMENT 'SHA-256 of the code',
  `note` varchar(100) NOT NULL COMMENT 'for which post, as the inviter wrote it',
  `expires_at` datetime(3) NOT NULL COMMENT 'good until',
  `created_by` bigint NOT NULL COMMENT 'user',
  `redeemed_by` bigint COMMENT 'user',
  `redeemed_at` datetime(3) NULL COMMENT 'when',
  `revoked_at` datetime(3) NULL COMMENT 'when',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  INDEX `ix_invitation_org` (`org_id`),
  UNIQUE INDEX `uq_invitation_code` (`code_hash`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `api_clients` (
  `id` bigint COMMENT 'id, the client_id',
  `org_id` bigint NOT NULL COMMENT 'whose',
  `name` varchar(60) NOT NULL COMMENT 'shown in lists',
  `scopes` text NOT NULL COMMENT 'permissions it may use',
  `secret_hash` varbinary(32) NOT NULL COMMENT 'SHA-256 of the secret (256 bit random)',
  `version` bigint NOT NULL COMMENT 'tokens of an older version are dead',
  `revoked_at` datetime(3) NULL COMMENT 'when',
  `created_by` bigint NOT NULL COMMENT 'user',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  INDEX `ix_client_org` (`org_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `student_profiles` (
  `id` bigint COMMENT 'id, the student_id everywhere',
  `person_id` bigint NOT NULL COMMENT 'person key: own id until bound, then the user''s',
  `user_id` bigint COMMENT 'bound account, NULL until then',
  `university_id` bigint NOT NULL COMMENT 'org of the university',
  `student_no_enc` varbinary(255) NOT NULL COMMENT 'student number, encrypted',
  `student_no_idx` varbinary(32) NOT NULL COMMENT 'blind index of the student number',
  `name_enc` varbinary(512) NOT NULL COMMENT 'name, encrypted',
  `name_idx` varbinary(32) NOT NULL COMMENT 'blind index of the name',
  `branch_id` bigint NOT NULL COMMENT 'branch today',
  `major` varchar(60) NOT NULL COMMENT 'major, empty if unknown',
  `grade` varchar(10) NOT NULL COMMENT 'year of entry, empty if unknown',
  `tags` text NOT NULL COMMENT 'LEAGUE_CADRE QINGMA LEAGUE_MEMBER ORDINARY',
  `home_region` varchar(12) NOT NULL COMMENT '12-digit division, empty if unknown',
  `graduates_on` varchar(10) COMMENT 'expected',
  `version` bigint NOT NULL COMMENT 'for If-Match',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  INDEX `ix_student_person` (`person_id`),
  UNIQUE INDEX `uq_student_user` (`user_id`),
  UNIQUE INDEX `uq_student_no` (`university_id`,`student_no_idx`),
  INDEX `ix_student_name` (`name_idx`),
  INDEX `ix_student_branch` (`branch_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `memberships` (
  `id` bigint COMMENT 'id',
  `student_id` bigint NOT NULL COMMENT 'who',
  `org_id` bigint NOT NULL COMMENT 'branch or club',
  `from_on` varchar(10) NOT NULL COMMENT 'first day',
  `to_on` varchar(10) COMMENT 'first day after, NULL while it lasts',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  INDEX `ix_member_student` (`student_id`),
  INDEX `ix_member_org` (`org_id`,`from_on`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `join_codes` (
  `id` bigint COMMENT 'id',
  `branch_id` bigint NOT NULL COMMENT 'branch',
  `code_hash` varbinary(32) NOT NULL COMMENT 'SHA-256 of the code',
  `expires_at` datetime(3) NOT NULL COMMENT 'good until',
  `revoked_at` datetime(3) NULL COMMENT 'when',
  `created_by` bigint NOT NULL COMMENT 'user',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  INDEX `ix_join_branch` (`branch_id`),
  UNIQUE INDEX `uq_join_code` (`code_hash`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `join_requests` (
  `id` bigint COMMENT 'id',
  `branch_id` bigint NOT NULL COMMENT 'branch',
  `user_id` bigint NOT NULL COMMENT 'who asks',
  `pending_user` bigint COMMENT 'the user while pending, else NULL',
  `student_no_enc` varbinary(255) NOT NULL COMMENT 'student number, encrypted under the user''s key',
  `name_enc` varbinary(512) NOT NULL COMMENT 'name, encrypted under the user''s key',
  `status` varchar(12) NOT NULL COMMENT 'see docs/states.md',
  `decided_by` bigint COMMENT 'user',
  `decided_at` datetime(3) NULL COMMENT 'when',
  `reason` varchar(200) NOT NULL COMMENT 'of a rejection',
  `version` bigint NOT NULL COMMENT 'counts moves',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  INDEX `ix_joinreq_branch` (`branch_id`,`status`),
  INDEX `ix_joinreq_user` (`user_id`),
  UNIQUE INDEX `uq_joinreq_pending` (`pending_user`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `programmes` (
  `id` bigint COMMENT 'id',
  `code` varchar(40) NOT NULL COMMENT 'short code',
  `name` varchar(100) NOT NULL COMMENT 'full name',
  `owner_org_id` bigint NOT NULL COMMENT 'who runs it',
  `status` varchar(12) NOT NULL COMMENT 'see docs/states.md',
  `policy_version` bigint NOT NULL COMMENT 'newest row of programme_policies',
  `version` bigint NOT NULL COMMENT 'for If-Match',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  UNIQUE INDEX `uq_programme_code` (`code`),
  INDEX `ix_programme_owner` (`owner_org_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `programme_policies` (
  `programme_id` bigint COMMENT 'programme',
  `version` bigint COMMENT '1, 2, …',
  `policy` text NOT NULL COMMENT 'the rules',
  `created_by` bigint NOT NULL COMMENT 'user',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`programme_id`,`version`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `programme_phases` (
  `id` bigint COMMENT 'id',
  `programme_id` bigint NOT NULL COMMENT 'programme',
  `kind` varchar(12) NOT NULL COMMENT 'PILOT EVALUATION ROLLOUT',
  `starts_on` varchar(10) NOT NULL COMMENT 'first day',
  `ends_on` varchar(10) COMMENT 'last day, NULL without end',
  PRIMARY KEY (`id`),
  UNIQUE INDEX `uq_phase` (`programme_id`,`kind`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `milestones` (
  `id` bigint COMMENT 'id',
  `programme_id` bigint NOT NULL COMMENT 'programme',
  `kind` varchar(24) NOT NULL COMMENT 'PAIRING KICKOFF CASES SUMMARY OTHER',
  `name` varchar(60) NOT NULL COMMENT 'shown',
  `due_on` varchar(10) NOT NULL COMMENT 'last day',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  UNIQUE INDEX `uq_milestone` (`programme_id`,`kind`,`due_on`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `pairings` (
  `id` bigint COMMENT 'id',
  `programme_id` bigint NOT NULL COMMENT 'programme',
  `campus_org_id` bigint NOT NULL COMMENT 'campus side',
  `local_org_id` bigint NOT NULL COMMENT 'local side',
  `live_programme_id` bigint COMMENT 'the programme while proposed, active or dormant, else NULL',
  `level` varchar(20) NOT NULL COMMENT 'TOWN_DEPARTMENT COMMUNITY_BRANCH',
  `origin` varchar(12) NOT NULL COMMENT 'SELF RECOMMENDED COMMITTEE',
  `parent_id` bigint COMMENT 'pairing of town and department above it',
  `status` varchar(12) NOT NULL COMMENT 'see docs/states.md',
  `note` varchar(500) NOT NULL COMMENT 'what the proposer wrote',
  `from_on` varchar(10) COMMENT 'first day, set when it becomes active',
  `to_on` varchar(10) COMMENT 'first day after, NULL while open',
  `proposed_by` bigint NOT NULL COMMENT 'user',
  `campus_accepted_by` bigint COMMENT 'user',
  `campus_accepted_at` datetime(3) NULL COMMENT 'when',
  `local_accepted_by` bigint COMMENT 'user',
  `local_accepted_at` datetime(3) NULL COMMENT 'when',
  `answer_due_at` datetime(3) NOT NULL COMMENT 'a proposal expires then',
  `reason` varchar(500) NOT NULL COMMENT 'of the end',
  `version` bigint NOT NULL COMMENT 'counts changes',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  INDEX `ix_pairing_programme` (`programme_id`),
  INDEX `ix_pairing_campus` (`campus_org_id`,`programme_id`),
  UNIQUE INDEX `uq_pairing_live` (`live_programme_id`,`campus_org_id`,`local_org_id`),
  INDEX `ix_pairing_local` (`local_org_id`),
  INDEX `ix_pairing_to` (`to_on`),
  INDEX `ix_pairing_due` (`answer_due_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `projects` (
  `id` bigint COMMENT 'id',
  `programme_id` bigint NOT NULL COMMENT 'programme',
  `pairing_id` bigint NOT NULL COMMENT 'pairing',
  `campus_org_id` bigint NOT NULL COMMENT 'campus side of the pairing',
  `local_org_id` bigint NOT NULL COMMENT 'local side of the pairing, the host',
  `title` varchar(100) NOT NULL COMMENT 'title',
  `field` varchar(40) NOT NULL COMMENT 'code of the policy''s fields, empty if none',
  `category` varchar(40) NOT NULL COMMENT 'code of the policy''s categories, empty if none',
  `goals` text NOT NULL COMMENT 'goals',
  `tasks` text NOT NULL COMMENT 'tasks',
  `duties` text NOT NULL COMMENT 'duties',
  `risk_plan` varchar(2000) NOT NULL COMMENT 'risks and what is done about them',
  `support` text NOT NULL COMMENT 'TRANSPORT MEAL INSURANCE FUNDS MATERIAL VENUE',
  `status` varchar(12) NOT NULL COMMENT 'see docs/states.md',
  `campus_ok_by` bigint COMMENT 'user',
  `campus_ok_at` datetime(3) NULL COMMENT 'when',
  `host_ok_by` bigint COMMENT 'user',
  `host_ok_at` datetime(3) NULL COMMENT 'when',
  `report` varchar(4000) NOT NULL COMMENT 'closing report',
  `created_by` bigint NOT NULL COMMENT 'user',
  `version` bigint NOT NULL COMMENT 'for If-Match',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  `return_reason` varchar(200) COMMENT 'why it was sent back, NULL once it is submitted again',
  PRIMARY KEY (`id`),
  INDEX `ix_project_programme` (`programme_id`),
  INDEX `ix_project_pairing` (`pairing_id`),
  INDEX `ix_project_campus` (`campus_org_id`),
  INDEX `ix_project_local` (`local_org_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `project_members` (
  `id` bigint COMMENT 'id',
  `project_id` bigint NOT NULL COMMENT 'project',
  `role` varchar(8) NOT NULL COMMENT 'LEAD ADVISOR MEMBER',
  `student_id` bigint NOT NULL COMMENT 'student, 0 for an advisor',
  `user_id` bigint NOT NULL COMMENT 'advisor, 0 for a student',
  `live` boolean COMMENT '1 while to_on is open, then NULL',
  `from_on` varchar(10) NOT NULL COMMENT 'first day',
  `to_on` varchar(10) COMMENT 'first day after',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  INDEX `ix_pmember_project` (`project_id`),
  UNIQUE INDEX `uq_pmember_live` (`project_id`,`student_id`,`user_id`,`live`),
  INDEX `ix_pmember_student` (`student_id`),
  INDEX `ix_pmember_user` (`user_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `activities` (
  `id` bigint COMMENT 'id',
  `programme_id` bigint NOT NULL COMMENT 'programme',
  `project_id` bigint COMMENT 'project, NULL for a single activity of one unit',
  `org_id` bigint NOT NULL COMMENT 'organiser: who submits and publishes',
  `campus_org_id` bigint NOT NULL COMMENT 'campus side, 0 if none',
  `host_org_id` bigint NOT NULL COMMENT 'local side: where it happens',
  `title` varchar(100) NOT NULL COMMENT 'title',
  `summary` varchar(2000) NOT NULL COMMENT 'what is done',
  `field` varchar(40) NOT NULL COMMENT 'code of the policy''s fields, empty if none',
  `category` varchar(40) NOT NULL COMMENT 'code of the policy''s categories, empty if none',
  `carriers` text NOT NULL COMMENT 'e.g. SAN_XIA_XIANG HOME_RETURN',
  `mode` varchar(8) NOT NULL COMMENT 'ONSITE REMOTE HYBRID',
  `placement_mode` varchar(12) NOT NULL COMMENT 'DAILY CONCENTRATED EVENT_PHASE SINGLE',
  `signup_mode` varchar(16) NOT NULL COMMENT 'FIRST_COME',
  `signup_opens_at` datetime(3) NOT NULL COMMENT 'included',
  `signup_closes_at` datetime(3) NOT NULL COMMENT 'excluded',
  `cancel_until` datetime(3) NOT NULL COMMENT 'free cancelling before this',
  `min_turnout` bigint NOT NULL COMMENT '0 if none',
  `counts_as_volunteer` boolean NOT NULL COMMENT 'hours feed the VOLUNTEER class',
  `insurance_required` boolean NOT NULL COMMENT 'cover needed before a seat',
  `training_required` boolean NOT NULL COMMENT 'training needed before a seat',
  `minors_contact` boolean NOT NULL COMMENT 'clearance needed before a seat',
  `risk_note` varchar(1000) NOT NULL COMMENT 'risks, shown before sign-up',
  `host_contact_id` bigint NOT NULL COMMENT 'user at the host who answers',
  `status` varchar(16) NOT NULL COMMENT 'see docs/states.md',
  `starts_at` datetime(3) NOT NULL COMMENT 'start of the first session',
  `ends_at` datetime(3) NOT NULL COMMENT 'end of the last session',
  `listed_at` datetime(3) NULL COMMENT 'starts_at while published, else NULL: the order of the public list',
  `lat_e6` bigint COMMENT 'of the first session, WGS-84, millionths of a degree',
  `lng_e6` bigint COMMENT 'of the first session, WGS-84, millionths of a degree',
  `listed_cell` bigint COMMENT 'S2 leaf cell while published, else NULL',
  `region_code` varchar(12) NOT NULL COMMENT 'division of the host',
  `submitted_by` bigint COMMENT 'user',
  `approved_by` bigint COMMENT 'user, never the submitter',
  `published_at` datetime(3) NULL COMMENT 'when',
  `created_by` bigint NOT NULL COMMENT 'user',
  `version` bigint NOT NULL COMMENT 'for If-Match',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  `return_reason` varchar(200) COMMENT 'why it was sent back, NULL once it is submitted again',
  PRIMARY KEY (`id`),
  INDEX `ix_activity_programme` (`programme_id`),
  INDEX `ix_activity_project` (`project_id`),
  INDEX `ix_activity_org` (`org_id`),
  INDEX `ix_activity_campus` (`campus_org_id`),
  INDEX `ix_activity_host` (`host_org_id`),
  INDEX `ix_activity_listed` (`listed_at`),
  INDEX `ix_activity_cell` (`listed_cell`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `activity_grams` (
  `gram` varchar(8) COMMENT 'two characters, lower case',
  `activity_id` bigint COMMENT 'activity',
  PRIMARY KEY (`gram`,`activity_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `activity_sessions` (
  `id` bigint COMMENT 'id',
  `activity_id` bigint NOT NULL COMMENT 'activity',
  `starts_at` datetime(3) NOT NULL COMMENT 'included',
  `ends_at` datetime(3) NOT NULL COMMENT 'excluded',
  `place` varchar(200) NOT NULL COMMENT 'address as people say it',
  `lat_e6` bigint COMMENT 'WGS-84, millionths of a degree',
  `lng_e6` bigint COMMENT 'WGS-84, millionths of a degree',
  `radius_m` bigint NOT NULL COMMENT 'fence in metres',
  PRIMARY KEY (`id`),
  INDEX `ix_session_activity` (`activity_id`,`starts_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `positions` (
  `id` bigint COMMENT 'id',
  `activity_id` bigint NOT NULL COMMENT 'activity',
  `title` varchar(60) NOT NULL COMMENT 'role',
  `description` varchar(1000) NOT NULL COMMENT 'what it does and needs',
  `capacity` bigint NOT NULL COMMENT 'seats',
  `taken` bigint NOT NULL COMMENT 'seats given, 0..capacity',
  `version` bigint NOT NULL COMMENT 'for If-Match',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  INDEX `ix_position_activity` (`activity_id`),
  CONSTRAINT `ck_position_seats` CHECK (taken >= 0 AND taken <= capacity)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `signups` (
  `id` bigint COMMENT 'id',
  `live_activity_id` bigint COMMENT 'the activity while the signup is live, else NULL',
  `student_id` bigint NOT NULL COMMENT 'who signs up',
  `activity_id` bigint NOT NULL COMMENT 'activity',
  `position_id` bigint NOT NULL COMMENT 'position wished for',
  `status` varchar(20) NOT NULL COMMENT 'see docs/states.md',
  `note` varchar(500) NOT NULL COMMENT 'why this student fits',
  `reason` varchar(200) NOT NULL COMMENT 'of an exit',
  `version` bigint NOT NULL COMMENT 'counts moves',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  UNIQUE INDEX `uq_live_signup` (`live_activity_id`,`student_id`),
  INDEX `ix_signup_student` (`student_id`),
  INDEX `ix_signup_activity` (`activity_id`),
  INDEX `ix_signup_position` (`position_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `check_ins` (
  `id` bigint COMMENT 'id',
  `student_id` bigint NOT NULL COMMENT 'who',
  `nonce` varchar(64) NOT NULL COMMENT 'made by the client, or by us for a staff confirmation',
  `signup_id` bigint NOT NULL COMMENT 'signup, 0 if there was none',
  `session_id` bigint NOT NULL COMMENT 'session, 0 if the code named none',
  `kind` varchar(4) NOT NULL COMMENT 'IN OUT',
  `method` varchar(16) NOT NULL COMMENT 'SELF_SCAN STAFF_SCAN HOST_CONFIRM …',
  `logical_at` datetime(3) NOT NULL COMMENT 'when it counts: server time',
  `received_at` datetime(3) NOT NULL COMMENT 'when it arrived',
  `verdict` varchar(8) NOT NULL COMMENT 'OK REVIEW FAILED ANNULLED',
  `reason` varchar(40) NOT NULL COMMENT 'code of the failure or doubt',
  `operator_id` bigint NOT NULL COMMENT 'staff user, 0 for the student',
  `annuls_id` bigint COMMENT 'the row that this one annuls',
  PRIMARY KEY (`id`),
  UNIQUE INDEX `uq_checkin_nonce` (`student_id`,`nonce`),
  INDEX `ix_checkin_student` (`student_id`),
  INDEX `ix_checkin_signup` (`signup_id`),
  INDEX `ix_checkin_session` (`session_id`),
  UNIQUE INDEX `uq_checkin_annuls` (`annuls_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `attendances` (
  `signup_id` bigint COMMENT 'signup',
  `session_id` bigint COMMENT 'session',
  `student_id` bigint NOT NULL COMMENT 'who',
  `in_id` bigint COMMENT 'check_ins row of the check-in',
  `in_at` datetime(3) NULL COMMENT 'when',
  `out_id` bigint COMMENT 'check_ins row of the check-out',
  `out_at` datetime(3) NULL COMMENT 'when',
  PRIMARY KEY (`signup_id`,`session_id`),
  INDEX `ix_attendance_session` (`session_id`),
  INDEX `ix_attendance_student` (`student_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `hours_claims` (
  `id` bigint COMMENT 'id',
  `signup_id` bigint NOT NULL COMMENT 'signup',
  `session_id` bigint NOT NULL COMMENT 'session',
  `activity_id` bigint NOT NULL COMMENT 'activity',
  `student_id` bigint NOT NULL COMMENT 'who earns',
  `minutes` bigint NOT NULL COMMENT 'whole minutes, at most the planned ones',
  `class` varchar(12) NOT NULL COMMENT 'VOLUNTEER PRACTICE',
  `basis` varchar(8) NOT NULL COMMENT 'CHECKIN MANUAL MAKEUP REMOTE',
  `in_id` bigint NOT NULL COMMENT 'check_ins row, 0 if none',
  `out_id` bigint NOT NULL COMMENT 'check_ins row, 0 if none',
  `starts_at` datetime(3) NOT NULL COMMENT 'credited from',
  `ends_at` datetime(3) NOT NULL COMMENT 'credited until',
  `status` varchar(16) NOT NULL COMMENT 'see docs/states.md',
  `lead_by` bigint COMMENT 'user who confirmed as lead',
  `host_by` bigint COMMENT 'user who confirmed as host',
  `recognised_by` bigint COMMENT 'user who recognised for the school',
  `reason` varchar(200) NOT NULL COMMENT 'of a dispute or rejection, or why the minutes are fewer',
  `version` bigint NOT NULL COMMENT 'counts moves',
  `created_at` datetime(3) NOT NULL COMMENT 'when',
  `updated_at` datetime(3) NOT NULL COMMENT 'when',
  PRIMARY KEY (`id`),
  UNIQUE INDEX `uq_claim` (`signup_id`,`session_id`),
  INDEX `ix_claim_activity` (`activity_id`,`status`),
  INDEX `ix_claim_student` (`student_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TABLE `hours_entries` (
  `id` bigint COMMENT 'id',
  `student_id` bigint NOT NULL COMMENT 'who',
  `minutes` bigint NOT NULL COMMENT 'whole minutes, negative in a reversal',
  `class` varchar(12) NOT NULL COMMENT 'VOLUNTEER PRACTICE',
  `claim_id` bigint NOT NULL COMMENT 'claim',
  `reversal` bigint NOT NULL COMMENT '0, or the id of the line it reverses',
  `programme_id` bigint NOT NULL COMMENT 'programme',
  `activity_id` bigint NOT NULL COMMENT 'activity',
  `served_on` varchar(10) NOT NULL COMMENT 'day of the session in China',
  `branch_id` bigint NOT NULL COMMENT 'student''s branch on that day, 0 if none',
  `branch_path` varchar(255) NOT NULL COMMENT 'path of that branch on the day of posting',
  `posted_by` bigint NOT NULL COMMENT 'user who recognised',
  `posted_at` datetime(3) NOT NULL COMMENT 'when it counts from',
  PRIMARY KEY (`id`),
  INDEX `ix_hours_student` (`student_id`,`programme_id`,`served_on`),
  UNIQUE INDEX `uq_hours_claim` (`claim_id`,`reversal`),
  INDEX `ix_hours_branch` (`branch_id`,`programme_id`,`served_on`),
  INDEX `ix_hours_path` (`programme_id`,`branch_path`,`served_on`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

