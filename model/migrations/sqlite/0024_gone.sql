-- +goose Up
DROP INDEX `ix_match_proposal_status`;
CREATE INDEX `ix_match_proposal_status` ON `match_proposals`(`round_id`,`status`,`position_id`);
