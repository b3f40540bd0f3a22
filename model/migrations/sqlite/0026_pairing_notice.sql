-- +goose Up
ALTER TABLE `pairings` ADD COLUMN `notice_by` text NOT NULL DEFAULT '';
