# The clauses of OpenTelemetry's process. How to read this stands in ../stories/mod.rs.

policy opentelemetry
project {"branches": [{"name": "main", "class": "development"}, {"name": "release-1", "class": "supported"}, {"name": "release-2", "class": "supported"}, {"name": "release-0", "class": "unsupported"}]}
project {"responders": ["ana", "bo", "chen"], "owners": {"/": ["hal"], "exporter/": ["eli", "fay"]}}
set intake=security@example.org responders-list=responders@example.org private-repository=https://git.example.org/private
set severity-rubric=https://example.org/severity discussion-list=discussion@example.org distributors-terms=https://example.org/distributors
set announcement-lists=announce@example.org tracking-repository=https://git.example.org/tracking further-channels=none
set retrospective-list=retrospectives@example.org

opening reported
  03-01 09:00 report.received visibility=private
  03-01 09:00 affected.set branches=[release-1, release-2]
  03-01 10:00 fixlead.assigned who=ana

opening scored
  begin reported
  03-02 09:00 score.set vector=CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N score=7.5

opening ready
  begin scored
  03-02 10:00 cve.assigned by=ana id=CVE-2027-0001
  03-04 09:00 fix.complete
  03-05 09:00 comms.planned by=ana

opening noticed
  begin ready
  03-08 15:00 notice.advance by=ana states=03-16T16:00 includes=[patches, reproduction, mitigations, timeline] patches=[release-1, release-2]
  03-15 15:00 notice.prerelease by=ana states=03-16T16:00

opening released
  begin noticed
  03-16 15:00 approved by=fix-team branches=[release-1, release-2]
  03-16 16:00 merged branches=[release-1, release-2]
  03-16 16:00 binaries.verified branches=[release-1, release-2]
  03-16 16:00 released kind=out-of-band branches=[release-1, release-2]

opening announced
  begin released
  03-16 16:00 announced by=ana channels=[general, oss-security, slack, tracking-issue]

opening medium
  begin reported
  03-02 09:00 score.set vector=CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N score=5.3

OT-04 Handled quickly: a report is acknowledged.
  begin reported
  at 03-05 09:00
fulfilled
  03-01 11:00 report.acknowledged
  duty acknowledge met
broken
  duty acknowledge open

OT-06 The committee organises the whole response, to its end.
  begin reported
fulfilled
  03-03 09:00 triage.decided disposition=not-a-vulnerability
  03-04 09:00 case.closed
  no finding
broken
  03-04 09:00 case.closed
  finding deviation
alone a member of it leads
  03-01 09:00 report.received visibility=private
  03-01 10:00 fixlead.assigned who=mallory
  finding deviation
alone a member of it volunteers
  03-01 09:00 report.received visibility=private
  03-01 10:00 fixlead.volunteered who=mallory
  finding deviation
alone a member of it takes over
  03-01 09:00 report.received visibility=private
  03-01 10:00 fixlead.accepted who=mallory
  finding deviation

OT-08 Reporters use the private process.
fulfilled
  03-01 09:00 report.received visibility=private
  no finding
broken
  unset intake
  03-01 09:00 report.received visibility=public
  finding deviation
  finding unset-parameter

OT-09 Whoever knows of a public disclosure tells the committee at once.
  03-01 09:00 public.appeared where="a forum"
fulfilled
  03-01 09:00 project.aware
  no finding
broken
  unset responders-list
  03-01 09:01 project.aware
  finding deviation
  finding unset-parameter

OT-10 A public reporter is asked whether the rest can be private.
  03-01 09:00 report.received visibility=public
  at 03-03 09:00
fulfilled
  03-01 10:00 reporter.asked-private
  duty ask-private met
broken
  duty ask-private open

OT-11 If the reporter declines, the committee moves swiftly.
  03-01 09:00 report.received visibility=public
  03-02 09:00 reporter.answered-private answer=declined
fulfilled
  03-01 10:00 fixlead.assigned who=ana
  no finding
broken
  finding preference
also a volunteer is a lead as well
  03-01 10:00 fixlead.volunteered who=ana
  no finding
alone an answer that is not a refusal asks for nothing
  03-01 09:00 report.received visibility=private
  03-02 09:00 reporter.answered-private answer=accepted
  no finding

OT-12 In extreme cases the host may be asked to delete the issue.
  03-01 09:00 report.received visibility=public
fulfilled
  03-01 10:00 issue.deletion-asked reference="a request to the host, the credentials of users stand in it"
  no finding
broken
  03-01 10:00 issue.deletion-asked
  finding no-effect

OT-14 A member of the committee coordinates.
  03-01 09:00 report.received visibility=private
  at 03-03 09:00
fulfilled
  03-01 10:00 fixlead.volunteered who=ana
  duty fix-lead met
broken
  duty fix-lead open
also by taking over
  03-01 12:00 fixlead.accepted who=ana
  duty fix-lead met

OT-15 That person sends the disclosure mails.
  begin ready
fulfilled
  03-08 15:00 notice.advance by=ana includes=[patches]
  no finding
broken
  03-08 15:00 notice.advance by=bo includes=[patches]
  finding deviation
also the pre-release notice
  03-15 15:00 notice.prerelease by=bo states=03-16T16:00
  finding deviation
also the correction
  03-15 15:00 notice.correction by=bo states=03-17T16:00
  finding deviation
also the announcement
  03-16 16:00 announced by=bo channels=[general]
  finding deviation

OT-16 Whoever coordinates is the Fix Lead, and takes the Fix Lead's steps.
  begin reported
fulfilled
  03-02 10:00 cve.assigned by=ana id=CVE-2027-0001
  no finding
broken
  03-02 10:00 cve.assigned by=chen id=CVE-2027-0001
  finding deviation
also to bring people in
  03-01 11:00 fixteam.added by=bo who=[eli] role=release-manager
  finding deviation
also to plan what is said
  03-03 11:00 comms.planned by=bo
  finding deviation
also to decide after a leak
  03-09 09:00 embargo.leaked
  03-09 10:00 leak.decided by=bo decision=continue
  finding deviation
also to let the team go
  03-20 09:00 fixteam.revoked by=bo
  finding deviation
also to look back
  03-20 09:00 retro.sent by=bo parts=[people, timeline, critique]
  finding deviation

OT-17 The role goes round the committee.
  project {"served": {"bo": "2027-01-15"}}
  03-01 09:00 report.received visibility=private
fulfilled
  03-01 10:00 fixlead.assigned who=chen
  no finding
broken
  03-01 10:00 fixlead.assigned who=ana
  finding deviation

OT-18 The windows are suggestions that assume a private disclosure.
  03-01 09:00 affected.set branches=[release-1]
  03-09 09:00 fix.complete
fulfilled
  03-01 09:00 report.received visibility=private
  mode normal
  duty fix-complete late OT-29
broken
  03-01 09:00 report.received visibility=public
  never mode normal
  duty fix-complete met OT-29

OT-19 The Fix Lead drives the schedule, and says why.
  begin reported
  03-10 09:00 fix.complete
fulfilled
  03-03 09:00 schedule.adjusted by=ana reason="the release managers need the week" dues={fix-complete: 03-11T09:00}
  no finding
  duty fix-complete met OT-29
broken
  03-03 09:00 schedule.adjusted by=bo reason="busy" dues={fix-complete: 03-11T09:00}
  finding no-effect
  duty fix-complete late OT-29
also it has a reason
  03-03 09:00 schedule.adjusted by=ana dues={fix-complete: 03-11T09:00}
  finding no-effect
also an override has a reason
  03-03 09:00 override by=ana gate=OT-49
  finding no-effect

OT-20 Public: as soon as possible, whatever the score.
  begin reported
  03-02 09:00 score.set vector=CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N score=1.8
fulfilled
  03-04 09:00 public.appeared where="a forum"
  mode asap
broken
  03-04 09:00 notice.forthcoming by=ana states=03-16T16:00
  never mode asap

OT-21 The upstream project's date changes the process.
  begin noticed
  03-10 09:00 upstream.timeline until=03-18T12:00 reference="<1@upstream.example.org>"
  03-18 11:00 binaries.verified branches=[release-1, release-2]
fulfilled
  ask 03-18 12:00 release
  03-18 12:00 released kind=out-of-band branches=[release-1, release-2]
  no finding
  allow
broken
  ask 03-18 11:59 release
  03-18 11:59 released kind=out-of-band branches=[release-1, release-2]
  finding violation
  hold
also a warning waits for that date too
  03-11 09:00 public.warning content=[mitigation]
  finding violation
also a merge in the open waits for it
  ask 03-18 11:59 semipublic.merge branch=release-1
  hold
also the date goes before speed
  03-11 09:00 public.appeared where="a forum"
  at 03-12 09:00
  mode upstream-bound
  never mode asap
alone a slow-down goes before the date
  begin reported
  03-02 09:00 score.set score=3.9 version="3.1"
  03-03 09:00 upstream.timeline until=03-20T12:00 reference="<1@upstream.example.org>"
  03-04 08:00 slowdown.discussed message_id="<1@discussion.example.org>"
  03-04 09:00 slowdown.decided by=fix-team new_due=03-22T16:00 reason="holidays"
  at 03-05 09:00
  mode upstream-bound
  mode slowed OT-35

OT-22 The date is worked out with the upstream project.
  begin reported
fulfilled
  03-02 09:00 upstream.timeline until=03-18T12:00 reference="<1@upstream.example.org>"
  no finding
broken
  03-02 09:00 upstream.timeline until=03-18T12:00
  finding deviation

OT-23 Within the first 24 hours.
  begin reported
fulfilled
  03-02 09:00 fixteam.added by=ana who=[eli] role=release-manager
  duty fix-team met
broken
  03-02 09:00:01 fixteam.added by=ana who=[eli] role=release-manager
  duty fix-team late

OT-24 Engineers and release managers are brought in.
  begin reported
fulfilled
  03-01 11:00 fixteam.added by=ana who=[hal] role=engineer
  03-01 11:00 fixteam.added by=ana who=[gus] role=release-manager
  03-04 09:00 fix.complete
  no finding
broken
  03-01 11:00 fixteam.added by=ana who=[hal] role=engineer
  03-04 09:00 fix.complete
  finding deviation

OT-25 Those people are the Fix Team, and the fix is theirs.
  begin reported
  03-01 11:00 fixteam.added by=ana who=[hal, gus] role=release-manager
fulfilled
  03-03 09:00 commit.proposed id=c1 author=gus paths=[core/a.go]
  no finding
broken
  03-03 09:00 commit.proposed id=c1 author=mallory paths=[core/a.go]
  finding deviation

OT-26 Everybody named in OWNERS of what is affected is the first guess.
  begin reported
  03-03 09:00 commit.proposed id=c1 author=gus paths=[exporter/otlp/a.go]
  03-03 10:00 lgtm by=eli on=[c1]
  03-04 09:00 fix.complete
fulfilled
  03-01 11:00 fixteam.added by=ana who=[eli, fay, gus] role=release-manager
  no finding
broken
  03-01 11:00 fixteam.added by=ana who=[eli, gus] role=release-manager
  finding preference

OT-27 The Fix Team may be let into the private repository.
  begin reported
fulfilled
  03-03 09:00 commit.proposed id=c1 author=gus paths=[core/a.go]
  no finding
broken
  unset private-repository
  finding unset-parameter

OT-28 It begins with an overview of the process.
  begin reported
fulfilled
  03-02 09:00 overview.sent
  duty overview met
broken
  03-02 09:00:01 overview.sent
  duty overview late

OT-29 Within seven days.
  begin reported
fulfilled
  03-08 09:00 cve.assigned id=CVE-2027-0001
  duty cve met
broken
  03-08 09:00:01 cve.assigned id=CVE-2027-0001
  duty cve late

OT-30 Scored with CVSS.
  begin reported
  at 03-09 09:00
fulfilled
  03-02 09:00 score.set vector=CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N score=7.5
  duty score met
  no finding
broken
  03-02 09:00 score.set vector=AV:N/AC:L/Au:N/C:P/I:N/A:N score=5.0 final=false
  duty score overdue
  finding deviation

OT-31 The effect and the severity are put down with their reasons.
  begin reported
fulfilled
  03-02 09:00 score.set vector=CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N score=7.5
  no finding
broken
  unset severity-rubric
  03-02 09:00 score.set score=7.5 version="3.0"
  finding deviation
  finding unset-parameter

OT-32 The Fix Lead makes the final call; quick beats perfect.
  begin reported
  03-02 09:00 score.set by=bo score=7.5 version="3.0" final=false
  at 03-09 09:00
fulfilled
  03-05 09:00 score.set by=ana score=7.5 version="3.0"
  no finding
  duty score met OT-30
broken
  03-05 09:00 score.set by=bo score=7.5 version="3.0"
  finding no-effect
  duty score overdue OT-30
also a first estimate in time is made final in time
  03-08 10:00 score.set by=ana score=7.4 version="3.0"
  finding preference

OT-33 A CVE id is assigned.
  begin reported
  at 03-09 09:00
fulfilled
  03-05 09:00 cve.assigned by=ana id=CVE-2027-0001
  duty cve met
broken
  duty cve overdue

OT-34 Complete when every commit has an LGTM of a relevant owner.
  begin reported
  03-03 09:00 commit.proposed id=c1 author=gus paths=[core/a.go]
  03-03 09:00 commit.proposed id=c2 author=gus paths=[exporter/otlp/a.go]
  03-04 09:00 lgtm by=hal on=[c1]
  ask 03-05 09:00 fix.complete
  03-05 10:00 fix.complete
  at 03-09 09:00
fulfilled
  03-04 09:00 lgtm by=fay on=[c2]
  allow
  no finding
  duty fix-complete met
broken
  03-04 09:00 lgtm by=hal on=[c2]
  hold
  finding violation
  duty fix-complete overdue
also a project may choose the lenient reading
  set lgtm-rule=lenient
  03-04 09:00 lgtm by=hal on=[c2]
  allow
  no finding
  duty fix-complete met

OT-35 Below 4.0 the Fix Team may slow down.
  begin reported
  03-03 09:00 slowdown.discussed message_id="<1@discussion.example.org>"
  03-03 10:00 slowdown.decided by=fix-team new_due=03-22T16:00 reason="holidays"
  03-15 09:00 fix.complete
fulfilled
  03-02 09:00 score.set vector=CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N score=1.8
  mode slowed
  no finding
  duty fix-complete met OT-34
broken
  03-02 09:00 score.set score=4.0 version="3.1"
  never mode slowed
  finding no-effect
  duty fix-complete late OT-34
also the score alone is enough
  03-02 09:00 score.set score=3.9 version="3.1"
  03-02 10:00 severity.classified by=ana severity=medium reason="many users are reached"
  mode slowed
  no finding
alone one of the Fix Team speaks for it
  begin reported
  03-01 12:00 fixteam.added by=ana who=[eli] role=release-manager
  03-02 09:00 score.set score=3.9 version="3.1"
  03-03 09:00 slowdown.discussed message_id="<1@discussion.example.org>"
  03-03 10:00 slowdown.decided by=eli new_due=03-22T16:00 reason="holidays"
  mode slowed
  no finding

OT-36 Such a decision is discussed on the list first.
  begin reported
  03-02 09:00 score.set score=3.9 version="3.1"
  03-04 10:00 slowdown.decided by=fix-team new_due=03-22T16:00 reason="holidays"
fulfilled
  03-03 09:00 slowdown.discussed message_id="<1@discussion.example.org>"
  no finding
broken
  unset discussion-list
  03-05 09:00 slowdown.discussed
  finding no-effect
  finding unset-parameter

also a discussion counts by its message id
  03-03 09:00 slowdown.discussed
  finding no-effect
  never mode slowed
  at 03-12 09:00
  duty fix-complete overdue OT-34

OT-37 Below 7.0 the fix may be made in public pull requests.
  begin reported
  03-02 10:00 semipublic.determined text="the effect is small and the repository is busy"
  ask 03-02 11:00 semipublic.pr
  03-02 12:00 semipublic.decided by=ana
fulfilled
  03-02 09:00 score.set score=6.9 version="3.1"
  allow
  no finding
broken
  03-02 09:00 score.set score=7.0 version="3.1"
  hold
  finding violation
  finding no-effect
also the Fix Lead decides it
  03-02 09:00 score.set score=6.9 version="3.1"
  03-02 13:00 semipublic.decided by=bo
  finding no-effect
also nothing of high severity is merged in the open
  03-02 09:00 score.set score=7.0 version="3.1"
  ask 03-02 14:00 semipublic.merge branch=release-1
  hold a2
alone nothing is merged in the open before that is decided
  begin medium
  03-02 10:00 semipublic.determined text="the effect is small"
  ask 03-02 11:00 semipublic.pr
  ask 03-02 11:00 semipublic.merge branch=release-1
  allow a1
  hold a2

OT-38 In the open, nothing speaks of security.
  begin medium
  03-02 10:00 semipublic.determined text="the effect is small"
  03-02 12:00 semipublic.decided by=ana
fulfilled
  03-03 09:00 commit.proposed id=c1 author=gus paths=[core/a.go] title="Limit the size of what is decompressed"
  no finding
broken
  03-03 09:00 commit.proposed id=c1 author=gus paths=[core/a.go] title="Fix a security problem in decompression"
  finding deviation
alone in private one may speak of it
  begin medium
  03-03 09:00 commit.proposed id=c1 author=gus paths=[core/a.go] title="Fix a security problem in decompression"
  no finding

OT-39 First the harm to users is weighed against openness.
  begin medium
  ask 03-02 11:00 semipublic.pr
  03-02 12:00 semipublic.decided by=ana
fulfilled
  03-02 10:00 semipublic.determined text="the effect is small"
  allow
  no finding
broken
  hold
  finding violation

OT-40 High and critical severity gets a release of its own.
  begin noticed
  03-16 15:00 binaries.verified branches=[release-1, release-2]
fulfilled
  03-16 16:00 released kind=out-of-band branches=[release-1, release-2]
  no finding
broken
  03-16 16:00 released kind=patch branches=[release-1, release-2]
  finding deviation

OT-41 Medium and low severity goes into the next patch release.
  begin medium
  03-04 09:00 fix.complete
fulfilled
  03-16 16:00 released kind=patch branches=[release-1, release-2]
  no finding
broken
  03-16 16:00 released kind=out-of-band branches=[release-1, release-2]
  finding deviation

OT-43 The Fix Lead has discretion over the class.
  begin reported
  03-02 09:00 score.set vector=CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:L score=6.5
fulfilled
  03-03 09:00 severity.classified by=ana severity=high reason="every exporter is reachable"
  no finding
  severity high OT-40
broken
  03-03 09:00 severity.classified by=ana severity=high
  finding no-effect
  severity medium OT-41

OT-44 A warning before any fix, where the user must act.
  03-01 09:00 report.received visibility=private
  03-01 09:00 affected.set branches=[release-1, release-2]
  03-01 10:00 fixlead.assigned who=ana
  03-03 09:00 earlywarning.decided by=ana reason="a setting helps at once"
  ask 03-03 10:00 public.warning
fulfilled
  03-02 09:00 score.set vector=CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:N/A:N score=6.5
  allow
  no finding
broken
  03-02 09:00 score.set vector=CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N score=7.5
  hold
  finding no-effect
also the Fix Lead decides it
  03-02 09:00 mitigation.developed text="a setting"
  03-03 11:00 earlywarning.decided by=bo reason="a setting helps at once"
  finding no-effect
also with a reason
  03-02 09:00 mitigation.developed text="a setting"
  03-03 11:00 earlywarning.decided by=ana
  finding no-effect
also a warning goes by its own excuse where the case is public already
  03-01 12:00 cve.assigned id=CVE-2027-0001
  03-02 08:00 public.appeared where="a forum"
  03-02 09:00 mitigation.developed text="a setting"
  03-03 12:00 notice.advance
  03-03 13:00 public.warning content=[mitigation]
  excuse advance-notice early-warning
also a warning does not excuse itself
  03-01 12:00 cve.assigned id=CVE-2027-0001
  03-02 09:00 mitigation.developed text="a setting"
  03-02 12:00 notice.advance
  03-02 13:00 public.warning content=[mitigation]
  finding violation OT-49

OT-45 A communication plan before the first notice.
  begin scored
  03-04 09:00 fix.complete
  03-08 15:00 notice.advance by=ana includes=[patches]
fulfilled
  03-08 15:00 comms.planned by=ana
  duty comms-plan met
broken
  03-08 15:01 comms.planned by=ana
  duty comms-plan late

OT-46 Notices begin once a fix or mitigation exists.
  begin scored
  03-02 10:00 cve.assigned by=ana id=CVE-2027-0001
  ask 03-04 10:00 notice.advance
  03-04 11:00 notice.advance by=ana includes=[mitigations]
fulfilled
  03-04 09:00 mitigation.developed text="close the port"
  allow
  no finding
broken
  03-05 09:00 fix.complete
  hold
  finding violation

OT-47 An emergency of high severity may shorten the leads.
  begin reported
  03-02 10:00 cve.assigned by=ana id=CVE-2027-0001
  03-04 09:00 fix.complete
  03-05 09:00 emergency.declared by=ana reason="attacks are seen elsewhere"
  ask 03-05 10:00 release.schedule for=03-06T10:00
fulfilled
  03-02 09:00 score.set score=7.0 version="3.1"
  allow
  no finding
broken
  03-02 09:00 score.set score=6.9 version="3.1"
  hold OT-49
  finding no-effect
alone the Fix Lead declares it
  begin ready
  03-05 10:00 emergency.declared by=bo reason="attacks are seen elsewhere"
  finding no-effect
alone with a reason
  begin ready
  03-05 10:00 emergency.declared by=ana
  finding no-effect
alone what is public needs no emergency
  begin ready
  03-05 10:00 public.appeared where="a forum"
  03-05 11:00 emergency.declared by=ana reason="attacks are seen"
  03-05 12:00 notice.advance by=ana includes=[patches]
  03-05 12:00 notice.prerelease by=ana states=03-06T10:00
  03-06 09:00 binaries.verified branches=[release-1, release-2]
  03-06 10:00 released kind=out-of-band branches=[release-1, release-2]
  excuse advance-notice already-public
  excuse prerelease-notice already-public
alone an emergency comes before an upstream date
  begin ready
  03-05 10:00 upstream.timeline until=03-06T10:00 reference="<1@upstream.example.org>"
  03-05 11:00 emergency.declared by=ana reason="attacks are seen elsewhere"
  03-05 12:00 notice.advance by=ana includes=[patches]
  03-05 12:00 notice.prerelease by=ana states=03-06T10:00
  03-06 09:00 binaries.verified branches=[release-1, release-2]
  03-06 10:00 released kind=out-of-band branches=[release-1, release-2]
  excuse advance-notice emergency
  excuse prerelease-notice emergency
alone a release on the upstream day keeps that day
  begin ready
  03-05 10:00 upstream.timeline until=03-06T10:00 reference="<1@upstream.example.org>"
  03-05 12:00 notice.advance by=ana includes=[patches]
  03-05 12:00 notice.prerelease by=ana states=03-06T10:00
  03-06 09:00 binaries.verified branches=[release-1, release-2]
  03-06 10:00 released kind=out-of-band branches=[release-1, release-2]
  excuse advance-notice upstream
  excuse prerelease-notice upstream

OT-48 The distributors hear of it one to four weeks before.
  begin ready
  04-05 16:00 binaries.verified branches=[release-1, release-2]
  04-05 16:00 released kind=out-of-band branches=[release-1, release-2]
  04-05 16:00 announced by=ana channels=[general, oss-security, slack, tracking-issue]
fulfilled
  03-08 16:00 notice.advance by=ana includes=[patches]
  no finding
broken
  03-08 15:59 notice.advance by=ana includes=[patches]
  finding preference

OT-49 At least seven days before the planned date.
  begin ready
  03-08 16:00 notice.advance by=ana states=03-16T16:00 includes=[patches]
  03-14 15:00 notice.prerelease by=ana states=03-15T15:59
  03-15 15:00 binaries.verified branches=[release-1, release-2]
fulfilled
  ask 03-15 16:00 release
  03-15 16:00 released kind=out-of-band branches=[release-1, release-2]
  allow
  no finding
  duty advance-notice met
broken
  ask 03-15 15:59 release
  03-15 15:59 released kind=out-of-band branches=[release-1, release-2]
  hold
  finding violation
  duty advance-notice late
alone after a premature announcement there is nothing left to tell in advance
  begin ready
  03-08 16:00 announced by=ana channels=[general]
  03-08 17:00 notice.advance by=ana includes=[patches]
  at 03-09 09:00
  duty advance-notice missed

OT-50 The notice carries what can reasonably be given.
  begin ready
fulfilled
  03-08 15:00 notice.advance by=ana includes=[patches, reproduction, mitigations, timeline]
  no finding
broken
  03-08 15:00 notice.advance by=ana
  finding deviation

OT-51 That may be patches, how to reproduce it, mitigations, the timeline.
  begin ready
fulfilled
  03-08 15:00 notice.advance by=ana includes=[mitigations]
  no finding
broken
  03-08 15:00 notice.advance by=ana includes=[]
  finding deviation

OT-52 Where it applies, patches for every supported version.
  begin ready
fulfilled
  03-08 15:00 notice.advance by=ana includes=[patches] patches=[release-1, release-2]
  no finding
broken
  03-08 15:00 notice.advance by=ana includes=[patches] patches=[release-2]
  finding preference

OT-53 How to join the distributors list stands somewhere.
  begin reported
fulfilled
  no finding
broken
  unset distributors-terms
  finding unset-parameter

OT-54 A broken embargo: the committee assesses the damage.
  begin ready
  03-09 09:00 embargo.leaked what="a distributor's ticket"
  at 03-12 09:00
fulfilled
  03-09 10:00 leak.assessed by=src
  duty leak-assess met
broken
  duty leak-assess open

OT-55 The Fix Lead decides: earlier, or as planned.
  begin ready
  03-09 09:00 embargo.leaked
  at 03-12 09:00
fulfilled
  03-09 11:00 leak.decided by=ana decision=continue
  duty leak-decide met
broken
  duty leak-decide open
alone going on as planned is no broken embargo
  begin ready
  03-09 09:00 embargo.leaked
  03-09 10:00 leak.decided by=ana decision=continue
  03-10 16:00 notice.advance by=ana includes=[patches]
  03-15 16:00 binaries.verified branches=[release-1, release-2]
  03-15 16:00 released kind=out-of-band branches=[release-1, release-2]
  excuse advance-notice already-public
alone a broken embargo comes before a warning
  begin scored
  03-02 10:00 cve.assigned by=ana id=CVE-2027-0001
  03-03 09:00 mitigation.developed text="a setting"
  03-03 10:00 earlywarning.decided by=ana reason="a setting helps at once"
  03-04 09:00 fix.complete
  03-09 09:00 embargo.leaked
  03-10 16:00 notice.advance by=ana includes=[patches]
  03-15 16:00 binaries.verified branches=[release-1, release-2]
  03-15 16:00 released kind=out-of-band branches=[release-1, release-2]
  excuse advance-notice embargo-broken

OT-56 In doubt everything becomes public as soon as possible.
  begin noticed
  03-12 09:00 embargo.leaked
  03-13 09:00 binaries.verified branches=[release-1, release-2]
  03-13 10:00 released kind=out-of-band branches=[release-1, release-2]
fulfilled
  03-12 10:00 leak.decided by=ana decision=release-early
  no finding
broken
  finding preference

OT-57 The patches are cherry-picked onto every branch concerned.
  begin noticed
  at 03-17 09:00
fulfilled
  03-16 15:00 commit.proposed id=p1 author=ana paths=[core/a.go] branch=release-1
  03-16 15:00 commit.proposed id=p2 author=ana paths=[core/a.go] branch=release-2
  duty cherry-pick/release-2 met
broken
  03-16 15:00 commit.proposed id=p1 author=ana paths=[core/a.go] branch=release-1
  duty cherry-pick/release-2 open

OT-58 The Fix Team approves.
  begin noticed
  03-16 16:00 merged branches=[release-1, release-2]
fulfilled
  03-16 15:00 approved by=fix-team branches=[release-1, release-2]
  duty approve/release-2 met
  no finding
broken
  03-16 15:00 approved by=fix-team branches=[release-1]
  duty approve/release-2 open
  finding deviation
also somebody else's approval is shown
  03-02 10:00 fixteam.added who=[eli]
  03-16 15:00 approved by=mallory branches=[release-1, release-2]
  finding deviation

OT-59 What is approved is merged as quickly as possible.
  begin noticed
  03-16 15:00 approved by=fix-team branches=[release-1, release-2]
  03-16 16:00 binaries.verified branches=[release-1, release-2]
  03-16 16:30 released kind=out-of-band branches=[release-1, release-2]
fulfilled
  03-16 15:30 merged branches=[release-1, release-2]
  no finding
broken
  03-16 15:30 merged branches=[release-1]
  finding deviation

OT-60 No changes to the commits now.
  begin noticed
  03-16 15:00 approved by=fix-team branches=[release-1, release-2]
  03-16 15:30 binaries.verified branches=[release-1, release-2]
  ask 03-16 16:00 release
  03-16 16:00 released kind=out-of-band branches=[release-1, release-2]
fulfilled
  03-16 15:30 merged branches=[release-1, release-2]
  allow
  no finding
broken
  03-16 15:30 patch.differs branch=release-2 what="a conflict was resolved by hand"
  hold
  finding violation

OT-61 All binaries are built, public and working before the announcement.
  begin noticed
  03-16 15:00 merged branches=[release-1, release-2]
  ask 03-16 16:00 announce
  at 03-17 09:00
fulfilled
  03-16 15:30 binaries.verified branches=[release-1, release-2]
  03-16 15:40 released kind=out-of-band branches=[release-1, release-2]
  03-16 16:00 announced by=ana channels=[general]
  allow
  no finding
  duty binaries/release-2 met
broken
  03-16 15:30 binaries.verified branches=[release-1]
  03-16 15:40 released kind=out-of-band branches=[release-1, release-2]
  03-16 16:00 announced by=ana channels=[general]
  hold
  finding violation
  duty binaries/release-2 open

OT-62 The Fix Team leaves the private repository.
  begin announced
  at 03-20 09:00
fulfilled
  03-17 09:00 fixteam.revoked
  duty fix-team-revoke met
broken
  duty fix-team-revoke open

OT-63 The distributors hear of the release at least 24 hours before.
  begin ready
  03-08 15:00 notice.advance by=ana includes=[patches]
  03-16 15:30 binaries.verified branches=[release-1, release-2]
  ask 03-16 16:00 release
  03-16 16:00 released kind=out-of-band branches=[release-1, release-2]
fulfilled
  03-15 16:00 notice.prerelease by=ana states=03-16T16:00
  allow
  no finding
  duty prerelease-notice met
broken
  03-15 16:01 notice.prerelease by=ana states=03-16T16:00
  hold
  finding violation
  duty prerelease-notice late
alone what users were told is not what distributors were told
  begin ready
  03-08 15:00 notice.advance by=ana includes=[patches]
  03-08 15:00 notice.forthcoming states=03-16T16:00
  03-17 16:00 binaries.verified branches=[release-1, release-2]
  03-17 16:00 released kind=out-of-band branches=[release-1, release-2]
  no finding stale-notice

OT-64 Releases are announced when they are there.
  begin noticed
  03-16 15:30 binaries.verified branches=[release-1, release-2]
  ask 03-16 15:50 announce
  03-16 16:00 announced by=ana channels=[general]
fulfilled
  03-16 15:40 released kind=out-of-band branches=[release-1, release-2]
  allow
  no finding
broken
  03-16 16:10 released kind=out-of-band branches=[release-1, release-2]
  hold
  finding violation

OT-65 The announcement is something to act on.
  begin released
fulfilled
  03-16 16:00 announced by=ana channels=[general] links=["https://example.org/what-helps-before-upgrading"]
  no finding
broken
  03-16 16:00 announced by=ana channels=[general] links=["https://www.cve.org/CVERecord?id=CVE-2027-0001"]
  finding preference

OT-66 16:00 UTC on a weekday other than Friday.
  begin released
fulfilled
  03-17 16:00 announced by=ana channels=[general]
  no finding
broken
  03-19 16:00 announced by=ana channels=[general]
  finding preference

OT-68 The announcement goes to every channel.
  begin released
  at 03-17 09:00
fulfilled
  03-16 16:00 announced by=ana channels=[general, oss-security, slack, tracking-issue]
  duty announce/oss-security met
  duty announce/slack met
broken
  03-16 16:00 announced by=ana channels=[general]
  duty announce/oss-security open
  duty announce/slack open

OT-69 A general mail to the project's lists.
  begin released
  at 03-17 09:00
fulfilled
  03-16 16:00 announced by=ana channels=[general]
  duty announce/general met
  no finding
broken
  unset announcement-lists
  03-16 16:00 announced by=ana channels=[slack]
  duty announce/general open
  finding unset-parameter

OT-70 A mail to oss-security.
  begin released
  at 03-17 09:00
fulfilled
  03-16 16:00 announced by=ana channels=[oss-security]
  duty announce/oss-security met
broken
  03-16 16:00 announced by=ana channels=[general]
  duty announce/oss-security open

OT-71 A message in the channel for announcements.
  begin released
  at 03-17 09:00
fulfilled
  03-16 16:00 announced by=ana channels=[slack]
  duty announce/slack met
broken
  03-16 16:00 announced by=ana channels=[general]
  duty announce/slack open

OT-72 A tracking issue whose title begins with the CVE id.
  begin released
  at 03-17 09:00
fulfilled
  03-16 16:00 tracking.opened url=https://git.example.org/tracking/1 title="CVE-2027-0001: unlimited decompression"
  03-16 16:00 announced by=ana channels=[tracking-issue]
  duty announce/tracking-issue met
  no finding
broken
  unset tracking-repository
  03-16 16:00 tracking.opened url=https://git.example.org/tracking/1 title="Unlimited decompression"
  duty announce/tracking-issue open
  finding deviation
  finding unset-parameter

OT-73 The tracking issue is closed when all else is done.
  begin announced
  ask 03-17 10:00 tracking.close
  03-17 10:00 tracking.closed
fulfilled
  03-17 09:00 cve.published
  allow
  no finding
broken
  03-17 11:00 cve.published
  hold
  finding violation

OT-74 Medium and low: the details stand in the release notes.
  begin medium
  03-04 09:00 fix.complete
  03-15 15:00 notice.prerelease by=ana states=03-16T16:00
  03-16 16:00 binaries.verified branches=[release-1, release-2]
  03-16 16:00 released kind=patch branches=[release-1, release-2]
  at 03-17 09:00
fulfilled
  03-16 16:00 announced by=ana channels=[general, release-notes]
  duty announce/release-notes met
broken
  03-16 16:00 announced by=ana channels=[general]
  duty announce/release-notes open

OT-75 And an announcement of those links them.
  begin medium
  03-04 09:00 fix.complete
  03-15 15:00 notice.prerelease by=ana states=03-16T16:00
  03-16 16:00 binaries.verified branches=[release-1, release-2]
  03-16 16:00 released kind=patch branches=[release-1, release-2]
fulfilled
  03-16 16:00 announced by=ana channels=[general] links=["https://example.org/releases/1.2.3"]
  no finding
broken
  03-16 16:00 announced by=ana channels=[general] links=["https://example.org/upgrade"]
  finding deviation

OT-76 After the public disclosure, and not before, the CVE record is filled.
  begin noticed
  ask 03-16 15:00 cve.publish
  at 03-18 09:00
fulfilled
  03-16 14:00 public.appeared where="a forum"
  03-16 15:00 cve.published
  allow
  no finding
broken
  03-16 15:00 cve.published
  hold
  finding violation

OT-77 Further channels are still to be named.
  begin reported
fulfilled
  no finding
broken
  unset further-channels
  finding unset-parameter

OT-80 The retrospective follows within three days of the release.
  begin announced
fulfilled
  03-19 16:00 retro.sent by=ana parts=[people, timeline, critique]
  duty retro met
broken
  03-19 16:00:01 retro.sent by=ana parts=[people, timeline, critique]
  duty retro late

OT-81 It is blameless.
  begin announced
fulfilled
  03-18 16:00 retro.sent by=ana parts=[people, timeline, critique]
  no finding
broken
  03-18 16:00 retro.sent by=ana parts=[people, timeline, critique, blame]
  finding deviation

OT-82 It names the people, the timeline and what to do better.
  begin announced
fulfilled
  03-18 16:00 retro.sent by=ana parts=[people, timeline, introduced, critique]
  no finding
broken
  unset retrospective-list
  03-18 16:00 retro.sent by=ana parts=[people, timeline]
  finding deviation
  finding unset-parameter
also it names the people
  03-18 16:00 retro.sent by=ana parts=[timeline, critique]
  finding deviation
also it names the timeline
  03-18 16:00 retro.sent by=ana parts=[people, critique]
  finding deviation

OT-83 Everybody is encouraged to send feedback.
  begin announced
  at 03-25 09:00
fulfilled
  03-20 09:00 feedback.sent by=eli
  duty feedback met
broken
  duty feedback open

OT-85 Rated case by case, guided by CVSS 3.1.
  begin reported
fulfilled
  03-02 09:00 score.set vector=CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N score=7.5
  no finding
  severity high
broken
  03-02 09:00 score.set vector=CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N score=6.9
  finding deviation
  severity medium
also none begins at 0.0
  03-02 09:00 score.set score=0.0 version="3.1"
  severity none
also low begins at 0.1
  03-02 09:00 score.set score=0.1 version="3.1"
  severity low
also high ends at 8.9
  03-02 09:00 score.set score=8.9 version="3.1"
  severity high
also critical begins at 9.0
  03-02 09:00 score.set score=9.0 version="3.1"
  severity critical
also where the two calculators fall on different sides of 4.0
  03-02 09:00 score.set score=3.9 version="3.0"
  03-02 10:00 score.set score=4.0 version="3.1"
  finding straddle
also a score that is corrected is read again by both
  03-02 09:00 score.set vector=CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H
  03-03 09:00 score.set vector=CVSS:3.0/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N
  no finding straddle
  severity low

OT-86 Whoever asks why it is rated so finds the tracking issue.
  begin released
fulfilled
  03-16 16:00 tracking.opened url=https://git.example.org/tracking/1 title="CVE-2027-0001: unlimited decompression"
  no finding
broken
  03-16 16:00 tracking.opened title="CVE-2027-0001: unlimited decompression"
  finding deviation
