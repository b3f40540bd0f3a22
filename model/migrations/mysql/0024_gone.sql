-- +goose Up
ALTER TABLE `activities` MODIFY COLUMN `signup_mode` varchar(16) NOT NULL COMMENT 'FIRST_COME REVIEW LOTTERY ASSIGNED_UNIT MATCHED';
ALTER TABLE `match_proposals` DROP INDEX `ix_match_proposal_status`, ADD INDEX `ix_match_proposal_status` (`round_id`,`status`,`position_id`);
