-- +goose Up
ALTER TABLE `pairings`
  ADD COLUMN `notice_by` varchar(8) NOT NULL DEFAULT '' COMMENT 'side that gave notice first, CAMPUS or LOCAL; empty: nobody has, or one person for both',
  MODIFY COLUMN `origin` varchar(12) NOT NULL COMMENT 'SELF COMMITTEE';
