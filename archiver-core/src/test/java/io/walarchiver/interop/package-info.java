/**
 * Proof that barman-cloud reads what we write and that we read what it writes, and that a server comes back to any moment.
 *
 * <p>What is promised, and which test keeps it. Those without a package are here.
 *
 * <pre>
 * A    we write, barman reads
 * A1   an archive without WAL is empty for its check           BarmanCloudIT.barmanReadsWhatWeWrite
 * A2   one with WAL of ours is not                             the same
 * A3   every file of ours comes back, every algorithm          the same
 * A4   absent and impossible names                             the same
 * A5   tablespaces, volumes, pg_wal elsewhere                  SampleCluster, in OurBackupsIT and others
 * A6   list, console and JSON                                  OurBackupsIT.barmanRestoresOurBackupAndPostgresRecovers,
 *                                                              BarmanCatalogIT.barmanListsAndShowsOurRecords
 * A7   show                                                    the same
 * A8   restore with tablespaces elsewhere                      OurBackupsIT.barmanRestoresOurBackupAndPostgresRecovers
 * A9   recovery: immediate, latest, rows, open files           the same
 *      pg_amcheck, pg_checksums                                RestoredPagesIT.theChecksOfPostgresFindNothing
 * A10  pin, status, release                                    BarmanCatalogIT.pinsAreSeenByBothSides,
 *                                                              SharedArchiveIT.barmanDeletesOurBackupUnlessWePinnedIt
 * A11  deletion by policy: dry run and real                    RetentionWithBarmanIT, BarmanCatalogIT.theSameObjectsGo,
 *                                                              BarmanCatalogIT.ourPlanListsWhatBarmansDryRunLists
 * A12  deletion by id leaves nothing                           SharedArchiveIT.barmanDeletesOurBackupUnlessWePinnedIt
 * A13  a killed backup is none                                 SharedArchiveIT.whatAKilledProcessLeavesIsNoBackup;
 *      (kill -9 can leave an open upload, nothing else does)   a cancelled one: the next test
 * A14  failure after the end of backup mode                    SharedArchiveIT.failedAndCancelledBackupsOfOursDoNotBreakTheList
 * A15  both in one archive                                     SharedArchiveIT.barmanAndWeBackUpToTheSameArchive
 *
 * B    barman writes, we read
 * B1   every file, algorithm and level                         BarmanCloudIT.weReadWhatBarmanWrites, weReadEveryLevel
 * B2   a full segment goes before a partial one                BarmanCloudIT.weTakeTheFullSegmentOfTheTwo
 * B3   base backups, every algorithm, volumes, name            BarmanBackupsIT.weRestoreTheirBackupAndPostgresRecovers
 * B4   configuration and pg_wal elsewhere                      the same
 *      a tablespace inside the data directory                  BarmanBackupsIT.aTablespaceInsideTheDataDirectoryIsRestored…
 * B5   time zones                                              BarmanBackupsIT.weRestoreTheirBackupAndPostgresRecovers
 * B6   failed backups: shown, never chosen, deletable          BarmanBackupsIT.theirFailuresAreSeenAndNeverChosen
 * B7   pins                                                    BarmanCatalogIT.pinsAreSeenByBothSides
 *      where the URL ends in a slash                           SharedArchiveIT.keepMarksAreSeenBothWaysWhenTheUrlEnds…
 * B8   recorded deletions                                      backup.retention.BarmanScenariosTest; live: A11
 * B9   files that barman wrote                                 backup.catalog.BackupInfoFormatTest, BackupInfoJsonTest;
 *                                                              codec.BarmanSamplesTest; backup.recovery.ArchiveVariantsTest
 * B10  barman on a standby                                     BarmanBackupsIT.aBackupOfAStandbyIsOfUseOnceItsWalIsArchived
 *
 *      recovery by us alone, to every target, over promotions  PointInTimeRecoveryIT, backup.recovery.BackupRestoreIT
 * </pre>
 */
@NullMarked
package io.walarchiver.interop;

import org.jspecify.annotations.NullMarked;
