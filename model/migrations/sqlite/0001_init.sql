-- +goose Up
CREATE TABLE `id_nodes` (
  `node` integer,
  `owner` text NOT NULL,
  `lease_until` datetime NOT NULL,
  PRIMARY KEY (`node`)
);

CREATE TABLE `leases` (
  `name` text,
  `owner` text NOT NULL,
  `until` datetime NOT NULL,
  `last_run` datetime,
  `last_err` text NOT NULL,
  PRIMARY KEY (`name`)
);

CREATE TABLE `idempotency_records` (
  `caller` text,
  `operation` text,
  `key` text,
  `hash` blob NOT NULL,
  `answer` mediumtext NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`caller`,`operation`,`key`)
);
CREATE INDEX `idx_idempotency_records_created_at` ON `idempotency_records`(`created_at`);

CREATE TABLE `audit_log` (
  `id` integer,
  `at` datetime NOT NULL,
  `user_id` integer NOT NULL,
  `client_id` integer NOT NULL,
  `action` text NOT NULL,
  `object` text NOT NULL,
  `object_id` integer NOT NULL,
  `org_path` text NOT NULL,
  `from_state` text NOT NULL,
  `to_state` text NOT NULL,
  `reason` text NOT NULL,
  `request_id` text NOT NULL,
  `data` text NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_audit_object` ON `audit_log`(`object`,`object_id`);
CREATE INDEX `ix_audit_user` ON `audit_log`(`user_id`);

CREATE TABLE `key_checks` (
  `name` text,
  `proof` blob NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`name`)
);

CREATE TABLE `person_keys` (
  `person_id` integer,
  `wrapped_key` blob NOT NULL,
  `kek_id` text NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`person_id`)
);

CREATE TABLE `regions` (
  `code` char(12),
  `level` text NOT NULL,
  `name` text NOT NULL,
  `parent_code` text NOT NULL,
  PRIMARY KEY (`code`)
);
CREATE INDEX `idx_regions_parent_code` ON `regions`(`parent_code`);

CREATE TABLE `orgs` (
  `id` integer,
  `kind` text NOT NULL,
  `side` text NOT NULL,
  `parent_id` integer NOT NULL,
  `path` text NOT NULL,
  `name` text NOT NULL,
  `region_code` text NOT NULL,
  `import_code` text,
  `lat_e6` integer,
  `lng_e6` integer,
  `status` text NOT NULL,
  `successor_id` integer,
  `version` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `live_name` text,
  PRIMARY KEY (`id`)
);
CREATE UNIQUE INDEX `uq_org_name` ON `orgs`(`parent_id`,`live_name`);
CREATE UNIQUE INDEX `uq_org_import` ON `orgs`(`import_code`);
CREATE INDEX `ix_org_region` ON `orgs`(`region_code`);
CREATE INDEX `ix_org_name` ON `orgs`(`name`);
CREATE UNIQUE INDEX `uq_org_path` ON `orgs`(`path`);
CREATE INDEX `ix_org_parent` ON `orgs`(`parent_id`);
CREATE INDEX `ix_org_kind` ON `orgs`(`kind`);

CREATE TABLE `terms` (
  `id` integer,
  `university_id` integer NOT NULL,
  `name` text NOT NULL,
  `starts_on` text NOT NULL,
  `ends_on` text NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE UNIQUE INDEX `uq_term` ON `terms`(`university_id`,`starts_on`);

CREATE TABLE `users` (
  `id` integer,
  `openid_enc` blob,
  `openid_idx` blob,
  `unionid_enc` blob,
  `unionid_idx` blob,
  `phone_enc` blob,
  `phone_idx` blob,
  `name_enc` blob,
  `name_idx` blob,
  `status` text NOT NULL,
  `version` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_user_name` ON `users`(`name_idx`);
CREATE INDEX `ix_user_phone` ON `users`(`phone_idx`);
CREATE INDEX `ix_user_unionid` ON `users`(`unionid_idx`);
CREATE UNIQUE INDEX `uq_user_openid` ON `users`(`openid_idx`);

CREATE TABLE `login_sessions` (
  `id` integer,
  `user_id` integer NOT NULL,
  `counter` integer NOT NULL,
  `rotated_at` datetime NOT NULL,
  `logged_in_at` datetime NOT NULL,
  `expires_at` datetime NOT NULL,
  `ends_at` datetime NOT NULL,
  `revoked_at` datetime,
  `revoked_why` text NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_login_user` ON `login_sessions`(`user_id`);

CREATE TABLE `bootstrap_codes` (
  `id` integer,
  `code_hash` blob NOT NULL,
  `expires_at` datetime NOT NULL,
  `used_by` integer,
  `used_at` datetime,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE UNIQUE INDEX `uq_bootstrap` ON `bootstrap_codes`(`code_hash`);

CREATE TABLE `role_grants` (
  `id` integer,
  `user_id` integer NOT NULL,
  `role` text NOT NULL,
  `org_id` integer NOT NULL,
  `from_at` datetime NOT NULL,
  `to_at` datetime,
  `live` numeric,
  `granted_by` integer NOT NULL,
  `revoked_at` datetime,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_grant_org` ON `role_grants`(`org_id`);
CREATE UNIQUE INDEX `uq_grant_live` ON `role_grants`(`user_id`,`role`,`org_id`,`live`);

CREATE TABLE `invitations` (
  `id` integer,
  `org_id` integer NOT NULL,
  `role` text NOT NULL,
  `code_hash` blob NOT NULL,
  `note` text NOT NULL,
  `expires_at` datetime NOT NULL,
  `created_by` integer NOT NULL,
  `redeemed_by` integer,
  `redeemed_at` datetime,
  `revoked_at` datetime,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE UNIQUE INDEX `uq_invitation_code` ON `invitations`(`code_hash`);
CREATE INDEX `ix_invitation_org` ON `invitations`(`org_id`);

CREATE TABLE `api_clients` (
  `id` integer,
  `org_id` integer NOT NULL,
  `name` text NOT NULL,
  `scopes` text NOT NULL,
  `secret_hash` blob NOT NULL,
  `version` integer NOT NULL,
  `revoked_at` datetime,
  `created_by` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_client_org` ON `api_clients`(`org_id`);

CREATE TABLE `student_profiles` (
  `id` integer,
  `person_id` integer NOT NULL,
  `user_id` integer,
  `university_id` integer NOT NULL,
  `student_no_enc` blob NOT NULL,
  `student_no_idx` blob NOT NULL,
  `name_enc` blob NOT NULL,
  `name_idx` blob NOT NULL,
  `branch_id` integer NOT NULL,
  `major` text NOT NULL,
  `grade` text NOT NULL,
  `tags` text NOT NULL,
  `home_region` text NOT NULL,
  `graduates_on` text,
  `version` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_student_branch` ON `student_profiles`(`branch_id`);
CREATE INDEX `ix_student_name` ON `student_profiles`(`name_idx`);
CREATE UNIQUE INDEX `uq_student_no` ON `student_profiles`(`university_id`,`student_no_idx`);
CREATE UNIQUE INDEX `uq_student_user` ON `student_profiles`(`user_id`);
CREATE INDEX `ix_student_person` ON `student_profiles`(`person_id`);

CREATE TABLE `memberships` (
  `id` integer,
  `student_id` integer NOT NULL,
  `org_id` integer NOT NULL,
  `from_on` text NOT NULL,
  `to_on` text,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_member_org` ON `memberships`(`org_id`,`from_on`);
CREATE INDEX `ix_member_student` ON `memberships`(`student_id`);

CREATE TABLE `join_codes` (
  `id` integer,
  `branch_id` integer NOT NULL,
  `code_hash` blob NOT NULL,
  `expires_at` datetime NOT NULL,
  `revoked_at` datetime,
  `created_by` integer NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE UNIQUE INDEX `uq_join_code` ON `join_codes`(`code_hash`);
CREATE INDEX `ix_join_branch` ON `join_codes`(`branch_id`);

CREATE TABLE `join_requests` (
  `id` integer,
  `branch_id` integer NOT NULL,
  `user_id` integer NOT NULL,
  `pending_user` integer,
  `student_no_enc` blob NOT NULL,
  `name_enc` blob NOT NULL,
  `status` text NOT NULL,
  `decided_by` integer,
  `decided_at` datetime,
  `reason` text NOT NULL,
  `version` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE UNIQUE INDEX `uq_joinreq_pending` ON `join_requests`(`pending_user`);
CREATE INDEX `ix_joinreq_user` ON `join_requests`(`user_id`);
CREATE INDEX `ix_joinreq_branch` ON `join_requests`(`branch_id`,`status`);

CREATE TABLE `programmes` (
  `id` integer,
  `code` text NOT NULL,
  `name` text NOT NULL,
  `owner_org_id` integer NOT NULL,
  `status` text NOT NULL,
  `policy_version` integer NOT NULL,
  `version` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_programme_owner` ON `programmes`(`owner_org_id`);
CREATE UNIQUE INDEX `uq_programme_code` ON `programmes`(`code`);

CREATE TABLE `programme_policies` (
  `programme_id` integer,
  `version` integer,
  `policy` text NOT NULL,
  `created_by` integer NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`programme_id`,`version`)
);

CREATE TABLE `programme_phases` (
  `id` integer,
  `programme_id` integer NOT NULL,
  `kind` text NOT NULL,
  `starts_on` text NOT NULL,
  `ends_on` text,
  PRIMARY KEY (`id`)
);
CREATE UNIQUE INDEX `uq_phase` ON `programme_phases`(`programme_id`,`kind`);

CREATE TABLE `milestones` (
  `id` integer,
  `programme_id` integer NOT NULL,
  `kind` text NOT NULL,
  `name` text NOT NULL,
  `due_on` text NOT NULL,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE UNIQUE INDEX `uq_milestone` ON `milestones`(`programme_id`,`kind`,`due_on`);

CREATE TABLE `pairings` (
  `id` integer,
  `programme_id` integer NOT NULL,
  `campus_org_id` integer NOT NULL,
  `local_org_id` integer NOT NULL,
  `live_programme_id` integer,
  `level` text NOT NULL,
  `origin` text NOT NULL,
  `parent_id` integer,
  `status` text NOT NULL,
  `note` text NOT NULL,
  `from_on` text,
  `to_on` text,
  `proposed_by` integer NOT NULL,
  `campus_accepted_by` integer,
  `campus_accepted_at` datetime,
  `local_accepted_by` integer,
  `local_accepted_at` datetime,
  `answer_due_at` datetime NOT NULL,
  `reason` text NOT NULL,
  `version` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_pairing_due` ON `pairings`(`answer_due_at`);
CREATE INDEX `ix_pairing_to` ON `pairings`(`to_on`);
CREATE INDEX `ix_pairing_local` ON `pairings`(`local_org_id`);
CREATE UNIQUE INDEX `uq_pairing_live` ON `pairings`(`live_programme_id`,`campus_org_id`,`local_org_id`);
CREATE INDEX `ix_pairing_campus` ON `pairings`(`campus_org_id`,`programme_id`);
CREATE INDEX `ix_pairing_programme` ON `pairings`(`programme_id`);

CREATE TABLE `projects` (
  `id` integer,
  `programme_id` integer NOT NULL,
  `pairing_id` integer NOT NULL,
  `campus_org_id` integer NOT NULL,
  `local_org_id` integer NOT NULL,
  `title` text NOT NULL,
  `field` text NOT NULL,
  `category` text NOT NULL,
  `goals` text NOT NULL,
  `tasks` text NOT NULL,
  `duties` text NOT NULL,
  `risk_plan` text NOT NULL,
  `support` text NOT NULL,
  `status` text NOT NULL,
  `campus_ok_by` integer,
  `campus_ok_at` datetime,
  `host_ok_by` integer,
  `host_ok_at` datetime,
  `report` text NOT NULL,
  `created_by` integer NOT NULL,
  `version` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `return_reason` text,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_project_local` ON `projects`(`local_org_id`);
CREATE INDEX `ix_project_campus` ON `projects`(`campus_org_id`);
CREATE INDEX `ix_project_pairing` ON `projects`(`pairing_id`);
CREATE INDEX `ix_project_programme` ON `projects`(`programme_id`);

CREATE TABLE `project_members` (
  `id` integer,
  `project_id` integer NOT NULL,
  `role` text NOT NULL,
  `student_id` integer NOT NULL,
  `user_id` integer NOT NULL,
  `live` numeric,
  `from_on` text NOT NULL,
  `to_on` text,
  `created_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_pmember_user` ON `project_members`(`user_id`);
CREATE INDEX `ix_pmember_student` ON `project_members`(`student_id`);
CREATE UNIQUE INDEX `uq_pmember_live` ON `project_members`(`project_id`,`student_id`,`user_id`,`live`);
CREATE INDEX `ix_pmember_project` ON `project_members`(`project_id`);

CREATE TABLE `activities` (
  `id` integer,
  `programme_id` integer NOT NULL,
  `project_id` integer,
  `org_id` integer NOT NULL,
  `campus_org_id` integer NOT NULL,
  `host_org_id` integer NOT NULL,
  `title` text NOT NULL,
  `summary` text NOT NULL,
  `field` text NOT NULL,
  `category` text NOT NULL,
  `carriers` text NOT NULL,
  `mode` text NOT NULL,
  `placement_mode` text NOT NULL,
  `signup_mode` text NOT NULL,
  `signup_opens_at` datetime NOT NULL,
  `signup_closes_at` datetime NOT NULL,
  `cancel_until` datetime NOT NULL,
  `min_turnout` integer NOT NULL,
  `counts_as_volunteer` numeric NOT NULL,
  `insurance_required` numeric NOT NULL,
  `training_required` numeric NOT NULL,
  `minors_contact` numeric NOT NULL,
  `risk_note` text NOT NULL,
  `host_contact_id` integer NOT NULL,
  `status` text NOT NULL,
  `starts_at` datetime NOT NULL,
  `ends_at` datetime NOT NULL,
  `listed_at` datetime,
  `lat_e6` integer,
  `lng_e6` integer,
  `listed_cell` integer,
  `region_code` text NOT NULL,
  `submitted_by` integer,
  `approved_by` integer,
  `published_at` datetime,
  `created_by` integer NOT NULL,
  `version` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  `return_reason` text,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_activity_cell` ON `activities`(`listed_cell`);
CREATE INDEX `ix_activity_listed` ON `activities`(`listed_at`);
CREATE INDEX `ix_activity_host` ON `activities`(`host_org_id`);
CREATE INDEX `ix_activity_campus` ON `activities`(`campus_org_id`);
CREATE INDEX `ix_activity_org` ON `activities`(`org_id`);
CREATE INDEX `ix_activity_project` ON `activities`(`project_id`);
CREATE INDEX `ix_activity_programme` ON `activities`(`programme_id`);

CREATE TABLE `activity_grams` (
  `gram` text,
  `activity_id` integer,
  PRIMARY KEY (`gram`,`activity_id`)
);

CREATE TABLE `activity_sessions` (
  `id` integer,
  `activity_id` integer NOT NULL,
  `starts_at` datetime NOT NULL,
  `ends_at` datetime NOT NULL,
  `place` text NOT NULL,
  `lat_e6` integer,
  `lng_e6` integer,
  `radius_m` integer NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_session_activity` ON `activity_sessions`(`activity_id`,`starts_at`);

CREATE TABLE `positions` (
  `id` integer,
  `activity_id` integer NOT NULL,
  `title` text NOT NULL,
  `description` text NOT NULL,
  `capacity` integer NOT NULL,
  `taken` integer NOT NULL,
  `version` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`),
  CONSTRAINT `ck_position_seats` CHECK (taken >= 0 AND taken <= capacity)
);
CREATE INDEX `ix_position_activity` ON `positions`(`activity_id`);

CREATE TABLE `signups` (
  `id` integer,
  `live_activity_id` integer,
  `student_id` integer NOT NULL,
  `activity_id` integer NOT NULL,
  `position_id` integer NOT NULL,
  `status` text NOT NULL,
  `note` text NOT NULL,
  `reason` text NOT NULL,
  `version` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_signup_position` ON `signups`(`position_id`);
CREATE INDEX `ix_signup_activity` ON `signups`(`activity_id`);
CREATE INDEX `ix_signup_student` ON `signups`(`student_id`);
CREATE UNIQUE INDEX `uq_live_signup` ON `signups`(`live_activity_id`,`student_id`);

CREATE TABLE `check_ins` (
  `id` integer,
  `student_id` integer NOT NULL,
  `nonce` text NOT NULL,
  `signup_id` integer NOT NULL,
  `session_id` integer NOT NULL,
  `kind` text NOT NULL,
  `method` text NOT NULL,
  `logical_at` datetime NOT NULL,
  `received_at` datetime NOT NULL,
  `verdict` text NOT NULL,
  `reason` text NOT NULL,
  `operator_id` integer NOT NULL,
  `annuls_id` integer,
  PRIMARY KEY (`id`)
);
CREATE UNIQUE INDEX `uq_checkin_annuls` ON `check_ins`(`annuls_id`);
CREATE INDEX `ix_checkin_session` ON `check_ins`(`session_id`);
CREATE INDEX `ix_checkin_signup` ON `check_ins`(`signup_id`);
CREATE INDEX `ix_checkin_student` ON `check_ins`(`student_id`);
CREATE UNIQUE INDEX `uq_checkin_nonce` ON `check_ins`(`student_id`,`nonce`);

CREATE TABLE `attendances` (
  `signup_id` integer,
  `session_id` integer,
  `student_id` integer NOT NULL,
  `in_id` integer,
  `in_at` datetime,
  `out_id` integer,
  `out_at` datetime,
  PRIMARY KEY (`signup_id`,`session_id`)
);
CREATE INDEX `ix_attendance_student` ON `attendances`(`student_id`);
CREATE INDEX `ix_attendance_session` ON `attendances`(`session_id`);

CREATE TABLE `hours_claims` (
  `id` integer,
  `signup_id` integer NOT NULL,
  `session_id` integer NOT NULL,
  `activity_id` integer NOT NULL,
  `student_id` integer NOT NULL,
  `minutes` integer NOT NULL,
  `class` text NOT NULL,
  `basis` text NOT NULL,
  `in_id` integer NOT NULL,
  `out_id` integer NOT NULL,
  `starts_at` datetime NOT NULL,
  `ends_at` datetime NOT NULL,
  `status` text NOT NULL,
  `lead_by` integer,
  `host_by` integer,
  `recognised_by` integer,
  `reason` text NOT NULL,
  `version` integer NOT NULL,
  `created_at` datetime NOT NULL,
  `updated_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_claim_student` ON `hours_claims`(`student_id`);
CREATE INDEX `ix_claim_activity` ON `hours_claims`(`activity_id`,`status`);
CREATE UNIQUE INDEX `uq_claim` ON `hours_claims`(`signup_id`,`session_id`);

CREATE TABLE `hours_entries` (
  `id` integer,
  `student_id` integer NOT NULL,
  `minutes` integer NOT NULL,
  `class` text NOT NULL,
  `claim_id` integer NOT NULL,
  `reversal` integer NOT NULL,
  `programme_id` integer NOT NULL,
  `activity_id` integer NOT NULL,
  `served_on` text NOT NULL,
  `branch_id` integer NOT NULL,
  `branch_path` text NOT NULL,
  `posted_by` integer NOT NULL,
  `posted_at` datetime NOT NULL,
  PRIMARY KEY (`id`)
);
CREATE INDEX `ix_hours_path` ON `hours_entries`(`programme_id`,`branch_path`,`served_on`);
CREATE INDEX `ix_hours_branch` ON `hours_entries`(`branch_id`,`programme_id`,`served_on`);
CREATE UNIQUE INDEX `uq_hours_claim` ON `hours_entries`(`claim_id`,`reversal`);
CREATE INDEX `ix_hours_student` ON `hours_entries`(`student_id`,`programme_id`,`served_on`);

-- +goose StatementBegin
CREATE TRIGGER `audit_log_no_update` BEFORE UPDATE ON `audit_log`
BEGIN
  SELECT RAISE(ABORT, 'audit_log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER `audit_log_no_delete` BEFORE DELETE ON `audit_log`
BEGIN
  SELECT RAISE(ABORT, 'audit_log is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER `hours_entries_no_update` BEFORE UPDATE ON `hours_entries`
BEGIN
  SELECT RAISE(ABORT, 'hours_entries is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER `hours_entries_no_delete` BEFORE DELETE ON `hours_entries`
BEGIN
  SELECT RAISE(ABORT, 'hours_entries is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER `check_ins_no_update` BEFORE UPDATE ON `check_ins`
BEGIN
  SELECT RAISE(ABORT, 'check_ins is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER `check_ins_no_delete` BEFORE DELETE ON `check_ins`
BEGIN
  SELECT RAISE(ABORT, 'check_ins is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER `programme_policies_no_update` BEFORE UPDATE ON `programme_policies`
BEGIN
  SELECT RAISE(ABORT, 'programme_policies is append-only');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER `programme_policies_no_delete` BEFORE DELETE ON `programme_policies`
BEGIN
  SELECT RAISE(ABORT, 'programme_policies is append-only');
END;
-- +goose StatementEnd
