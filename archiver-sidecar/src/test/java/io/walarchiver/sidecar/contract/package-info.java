/**
 * What is easily done wrong as a plugin of CloudNativePG, and what keeps each of these mistakes away: a test, or where none
 * could fail, the class in which it is decided. The numbers are those of the contract's checklist.
 *
 * <pre>
 *  1  services under their exact names                      ContractTest.servicesAreCalledUnderTheNamesOfTheContract
 *  2  every capability has its member                       OperatorIdentityTest.everyCapabilityHasItsMember,
 *                                                           GrpcServerTest.handshakeNamesThePluginAndDeclaresOnlyWhatIsThere
 *  3  every metric has its type                             InstanceCareTest.exporterOfTheInstanceShowsTheWindow
 *  4  one name everywhere                                 OperatorStartTest.nameOfThePluginIsTheOneThatWasGiven,
 *                                                         InjectedEnvironmentTest.instanceReadsAllThatItIsGiven,
 *                                                         DoctorTest.eachCauseIsFoundByItsCheckAlone
 *  5  an answer is never nothing                          OperatorHooksTest.nothingElseIsChanged,
 *                                                         GrpcServerTest.archiveIsAnsweredWhenTheFileIsDurable
 *  6  HTTP/2 is negotiated                                OperatorTlsTest.callerWhomATrustedAuthorityVouchesForIsAnswered
 *  7  trust is what stands in tls.crt                     OperatorTlsTest.trustedCertificateItselfIsEnough,
 *                                                         OperatorTlsTest.callerOfAnotherAuthorityIsRefusedAndCounted,
 *                                                         DoctorTest.eachCauseIsFoundByItsCheckAlone
 *  8  certificates are read again                         OperatorTlsTest.otherCertificatesAreUsedForNewConnectionsAndOldOnesGoOn,
 *                                                         TlsReloadTest.swappedLinksAreNoticed
 *  9  the Service is in the operator's namespace            DoctorTest.eachCauseIsFoundByItsCheckAlone
 * 10  handshake and hooks are quick                       OperatorHooksTest.answersComeFromMemoryAndOutliveTheApi,
 *                                                         OperatorHooksTest.manyCallersAtOnceMakeOneRole
 * 11  Probe never says "not ready"                          in IdentityService, in OperatorIdentityService
 * 12  EVALUATE is the same to the byte                      LifecycleHookTest.answerIsTheSameToTheByte
 * 13  EVALUATE and CREATE after one another;              LifecycleHookTest.objectThatWasAskedAboutIsNotChangedAgain,
 *                                                         OperatorHooksTest.podGetsItsSidecarOnce,
 *                                                         OperatorHooksTest.missingStoreIsAnErrorUntilItComes,
 *                                                         OperatorHooksTest.unreadableStoreIsAnErrorThatNamesTheField
 * 14  settings go by environment and command              InjectedEnvironmentTest.instanceReadsAllThatItIsGiven,
 *                                                         InjectedEnvironmentTest.recoveryJobReadsAllThatItIsGiven
 * 15  the rest of an object stays as it is                  LifecycleHookTest.nothingElseOfThePodChanges
 * 16  arrays that are not there are made                    LifecycleHookTest.absentArraysAreMade
 * 17  no misspelt field                                     RealApiIT.podWithTheSidecarIsTakenWithoutAnUnknownField
 * 18  a sidecar that ends after PostgreSQL                  LifecycleHookTest.instanceGetsTheSidecarAfterTheBootstrap,
 *                                                           DoctorTest.eachCauseIsFoundByItsCheckAlone
 * 19  PostgreSQL waits for the socket                       RealApiIT.podWithTheSidecarIsTakenWithoutAnUnknownField
 * 20  every instance of an enabled Cluster has it           LifecycleHookTest.enabledEntryWithoutAStoreGetsTheSidecarThatTheOperatorWaitsFor
 * 21  whoever asks may archive, primary or not            InstanceTest.formerPrimaryBringsAwayWhatItStillHolds,
 *                                                         ArchivePlanTest.archiverStoresInItsOwnArchiveWhoeverIsPrimary
 * 22  archiving without a server, without the API         InstanceTest.segmentGoesToTheOwnArchiveAndComesBack,
 *                                                         InstanceTest.apiThatGoesAwayLeavesTheLastGoodStore
 * 23  ready files are only read                             ReadyFilesTest.listsReadyFilesInArchivingOrderAndNothingElse
 * 24  nothing that is archived passes the spool             PrefetcherTest.startSweepsTheSpoolAndNothingElse
 * 25  the same file again is archived already               ArchivePipelineTest.archivingTheSameSegmentTwiceSucceeds,
 *                                                           ArchivePipelineTest.differentContentIsRefusedAndNothingIsOverwritten
 * 26  not the archiver: answered, not stored              InstanceTest.clusterThatArchivesElsewhereIsAnsweredWithoutStoring
 * 27  empty means: not of another cluster                   ArchiveOwnershipTest.aForeignArchiveIsRefusedAndNamed,
 *                                                           ArchivePlanTest.emptyArchiveIsCheckedBeforeArchivingWhenAskedOrFresh
 * 28  an outage is not the end of the archive               RestoreRetryTest.outageShorterThanTheWindowIsSurvived,
 *                                                           ArchivePlanTest.failureEndsRecoveryWhileBeingCreatedOrPromoted
 * 29  memory is bounded                                     BudgetTest.budgetIsCutIntoPairs
 * 30  a partial segment stands in for the full one          RestorePipelineTest.partialSegmentStandsInForTheAbsentOne
 * 31  no prefetch for pg_rewind                             PrefetchWindowTest.rewindNeitherPrefetchesNorUsesTheSpool
 * 32  replicas follow no timeline ahead                   InstanceTest.historyOfATimelineThatThePrimaryHasNotReachedIsKeptBackFromAReplica
 * 33  a file at its destination is whole                    DestinationFileTest.temporaryNameIsNoWalFileForPostgres,
 *                                                           RestoreVerificationTest.partialSegmentOfWrongLengthIsRefused
 * 34  the data directory twice in a path                    GrpcServerTest.pathWithTheDataDirectoryTwiceIsUnderstood
 * 35  a backup of a standby                                 EndOfBackupTest.aStandbyBackupIsDoneWhenItsLastSegmentIsArchived,
 *     its signal file stays out                             in ClusterExclusions, in MemberRules
 * 36  configuration that ends recovery                      RestoreJobServiceTest.answerIsTheConfigurationTheOperatorAppends
 * 37  WAL on its own volume                                 RestoreJobTest.backupIsRestoredWithTablespacesAndWalOnTheirVolumes
 * 38  in a Job the name of the Pod is the Job's           InjectedEnvironmentTest.recoveryJobReadsAllThatItIsGiven,
 *                                                         RestoreJobViewTest.roleOfAJobIsReadFromItsLabelWhateverTheDomain
 * 39  times of a backup                                     BackupServiceTest.resultTellsEverythingTheOperatorWritesDown
 * 40  the recovery window is published by us                RecoveryWindowStatusTest, in RecoveryWindowStatus
 * 41  no status of ours in the Cluster                      OperatorIdentityTest.capabilitiesAreTheseBytes
 * 42  no waiting in Pre                                   OperatorHooksTest.storeThatCannotBeUsedIsToldOnTheClusterAndHoldsNothingUp
 * 43  no end of reconciliation in Pre                     the same, and in ReconcilerService
 * 44  no configuration is enriched                          OperatorIdentityTest.capabilitiesAreTheseBytes
 * 45  no Secret and no novel in an error                    StoreDocumentTest.noSecretIsEverPrinted,
 *                                                           GrpcServerTest.thrownErrorBecomesInternalWithoutItsMessageAndTheServerLivesOn
 * 46  the service account that the Cluster names            ClusterReconcilerTest.serviceAccountOfTheClusterIsHonouredAndOthersStay
 * 47  hooks that nobody calls are not relied upon         OperatorHooksTest.malformedClusterIsSaidToBe
 * 48  recovery needs a source                               RestoreJobViewTest.missingSourceSaysWhatToSet
 * 49  read-only root, own scratch directory               InjectedEnvironmentTest.instanceReadsAllThatItIsGiven
 * 50  serving goes on while PostgreSQL does                 DrainTest.inAPodTheServerMayWriteACheckpointFirst
 * </pre>
 */
@NullMarked
package io.walarchiver.sidecar.contract;

import org.jspecify.annotations.NullMarked;
