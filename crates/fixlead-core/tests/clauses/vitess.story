# The clauses of the Vitess process. How to read this stands in ../stories/mod.rs.

policy vitess
project {"branches": [{"name": "main", "class": "development"}, {"name": "release-19", "class": "supported"}, {"name": "release-20", "class": "supported"}, {"name": "release-15", "class": "unsupported"}]}
project {"maintainers": ["ann", "ben", "cho"], "responders": ["deb"]}
set intake=security@example.org

opening reported
  03-01 09:00 report.received visibility=private
  03-01 09:00 affected.set branches=[release-19, release-20]
  03-01 10:00 fixlead.volunteered who=ann

opening main-only
  03-01 09:00 report.received visibility=private
  03-01 09:00 affected.set branches=[main]

opening end-of-life
  03-01 09:00 report.received visibility=private
  03-01 09:00 affected.set branches=[release-15]
  03-01 10:00 fixlead.volunteered who=ann

opening ready
  begin reported
  03-02 09:00 score.set score=7.5 version="3.0"
  03-04 09:00 fix.complete by=ann
  03-05 09:00 comms.planned by=ann

opening planned
  begin ready
  03-05 10:00 notice.forthcoming states=03-10T16:00 mitigation="switch the feature off"

opening released
  begin planned
  03-10 16:00 merged branches=[release-19, release-20]
  03-10 16:00 released branches=[release-19, release-20]

VT-03 Handled fast: a report is acknowledged.
  begin reported
  at 03-05 09:00
fulfilled
  03-01 11:00 report.acknowledged
  duty acknowledge met
broken
  duty acknowledge open

VT-05 The maintainers own the response: one of them, or of their sub-team, leads.
fulfilled
  03-01 10:00 fixlead.assigned who=ben
  no finding
broken
  03-01 10:00 fixlead.assigned who=mallory
  finding deviation
also whoever volunteers is one of them
  03-01 10:00 fixlead.volunteered who=mallory
  finding deviation
also whoever takes over is one of them
  03-01 10:00 fixlead.accepted who=mallory
  finding deviation
also a case stays open while something is left to do
  begin reported
  ask 03-02 09:00 case.close
  03-02 10:00 case.closed
  hold
  finding deviation

VT-06 The work may be handed to a sub-team, and to nobody beyond it.
fulfilled
  03-01 10:00 fixlead.assigned who=deb
  no finding
broken
  03-01 10:00 fixlead.assigned who=somebody-else
  finding deviation

VT-07 Reporters tell in private.
fulfilled
  03-01 09:00 report.received visibility=private
  no finding
broken
  03-01 09:00 report.received visibility=public
  finding deviation

VT-08 Whoever knows of a public disclosure tells the list at once.
  03-01 09:00 public.appeared where="a blog"
fulfilled
  03-01 09:00 project.aware
  no finding
broken
  03-03 09:00 project.aware
  finding deviation

VT-09 A maintainer volunteers as Fix Lead.
  03-01 09:00 report.received visibility=private
  at 03-04 09:00
fulfilled
  03-01 12:00 fixlead.volunteered who=cho
  duty fix-lead met
broken
  duty fix-lead open
also by taking over
  03-01 12:00 fixlead.accepted who=cho
  duty fix-lead met

VT-10 The fix is backported to each supported branch.
  begin planned
  at 03-11 09:00
fulfilled
  03-10 16:00 merged branches=[release-19, release-20]
  03-10 16:00 released branches=[release-19, release-20]
  duty backport/release-20 met
broken
  03-10 16:00 merged branches=[release-19]
  03-10 16:00 released branches=[release-19]
  duty backport/release-20 open
also a merge in private is no backport
  03-10 16:00 merged repo=private branches=[release-19, release-20]
  03-10 16:00 released branches=[release-19, release-20]
  duty backport/release-20 open

VT-11 The Fix Lead coordinates a communication plan with the maintainers.
  begin reported
  03-04 09:00 fix.complete by=ann
  at 03-06 09:00
fulfilled
  03-04 10:00 comms.planned by=ann
  03-05 10:00 notice.forthcoming states=03-10T16:00 mitigation="none known"
  duty comms-plan met
broken
  03-05 10:00 notice.forthcoming states=03-10T16:00 mitigation="none known"
  duty comms-plan overdue

VT-12 The windows are suggestions that assume a private disclosure.
  03-01 09:00 affected.set branches=[release-19]
  03-02 09:00 score.set score=7.5 version="3.0"
  03-09 09:00 fix.complete
fulfilled
  03-01 09:00 report.received visibility=private
  mode normal
  duty fix-complete late VT-29
broken
  03-01 09:00 report.received visibility=public
  never mode normal
  duty fix-complete met VT-29

VT-13 The Fix Lead drives the schedule, and says why.
  begin reported
  03-10 09:00 score.set score=5.0 version="3.0"
fulfilled
  03-03 09:00 schedule.adjusted by=ann reason="the vector depends on a test that runs for a week" dues={score: 03-11T09:00}
  no finding
  duty score met VT-25
broken
  03-03 09:00 schedule.adjusted by=ann dues={score: 03-11T09:00}
  finding no-effect
  duty score late VT-25
also only the Fix Lead does
  03-03 09:00 schedule.adjusted by=ben reason="busy" dues={score: 03-11T09:00}
  finding no-effect
  duty score late VT-25
also an override is the Fix Lead's
  03-03 09:00 override by=ben reason="busy" gate=VT-33
  finding no-effect
also an override is not the sub-team's
  03-03 09:00 override by=sub-team reason="busy" gate=VT-33
  finding no-effect
also an override has a reason
  03-03 09:00 override by=ann gate=VT-33
  finding no-effect
also an override by the Fix Lead with a reason stands
  03-03 09:00 override by=ann reason="users ask already" gate=VT-33
  03-03 10:00 notice.forthcoming states=03-10T16:00 mitigation="none known"
  finding override VT-33

VT-14 Public and 4.0 or more: as soon as possible.
  begin reported
  03-04 09:00 public.appeared where="a forum"
fulfilled
  03-02 09:00 score.set score=4.0 version="3.0"
  mode asap
broken
  03-02 09:00 score.set score=3.9 version="3.0"
  never mode asap

VT-15 The upstream project's date changes the process.
  begin planned
  03-06 09:00 upstream.timeline until=03-12T12:00 reference="<1@upstream.example.org>"
fulfilled
  ask 03-12 12:00 release
  03-12 12:00 released branches=[release-19, release-20]
  no finding
  allow
broken
  ask 03-12 11:59 release
  03-12 11:59 released branches=[release-19, release-20]
  finding violation
  hold
also a warning waits for that date too
  03-07 09:00 public.warning content=[mitigation]
  finding violation
also the date goes before speed
  03-07 09:00 public.appeared where="a forum"
  mode upstream-bound
  never mode asap
alone a slow-down goes before the date
  begin reported
  03-02 09:00 score.set score=3.9 version="3.0"
  03-03 09:00 upstream.timeline until=03-20T12:00 reference="<1@upstream.example.org>"
  03-04 09:00 slowdown.decided by=maintainers new_due=03-22T16:00 reason="holidays"
  at 03-05 09:00
  mode upstream-bound
  mode slowed VT-31

VT-16 The date is worked out with the upstream project.
  begin reported
fulfilled
  03-02 09:00 upstream.timeline until=03-12T12:00 reference="<1@upstream.example.org>"
  no finding
broken
  03-02 09:00 upstream.timeline until=03-12T12:00
  finding deviation

VT-17 Development branch but no supported one: the short process.
  03-01 09:00 report.received visibility=private
fulfilled
  03-01 09:00 affected.set branches=[main, release-15]
  class main-only
broken
  03-01 09:00 affected.set branches=[main, release-20]
  class supported VT-24

VT-18 The fix lands on the development branch.
  begin main-only
  at 03-20 09:00
fulfilled
  03-05 09:00 merged branches=[main]
  duty main-fix met
broken
  03-05 09:00 merged branches=[main] repo=private
  duty main-fix open

VT-19 A courtesy notice in #developers.
  begin main-only
  at 03-20 09:00
fulfilled
  03-05 10:00 notice.channel channel=#developers
  duty main-notice met
  no finding
broken
  03-05 10:00 notice.channel channel=#general
  duty main-notice open
  finding wrong-channel

VT-20 Only branches out of support: the third process.
  03-01 09:00 report.received visibility=private
fulfilled
  03-01 09:00 affected.set branches=[release-15]
  class unsupported-only
broken
  03-01 09:00 affected.set branches=[release-15, main]
  class main-only VT-17

VT-21 No fix for what is out of support.
  begin end-of-life
  ask 03-04 09:00 fix.release branch=release-15
fulfilled
  03-04 08:00 affected.set branches=[release-15, release-20]
  ask 03-04 09:01 fix.release branch=release-20
  allow a2
  no finding
broken
  03-05 09:00 released branches=[release-15]
  hold a1
  finding violation

VT-22 Except in extreme circumstances, as the maintainers decide.
  begin end-of-life
  ask 03-04 09:00 fix.release branch=release-15
fulfilled
  03-03 09:00 exception.extreme by=maintainers reason="a worm"
  allow
  no finding
broken
  03-03 09:00 exception.extreme by=mallory reason="a customer asks"
  hold VT-21
  finding no-effect
also with a reason
  03-03 09:00 exception.extreme by=maintainers
  hold VT-21
  finding no-effect

VT-23 A notice in #general names the threat and urges the upgrade.
  begin end-of-life
  at 03-20 09:00
fulfilled
  03-05 10:00 notice.channel channel=#general has=[threat, upgrade]
  duty eol-notice met
  no finding
broken
  03-05 10:00 notice.channel channel=#developers has=[threat, upgrade]
  duty eol-notice open
  finding wrong-channel
also it names the threat
  03-05 10:00 notice.channel channel=#general has=[upgrade]
  duty eol-notice open

VT-24 A supported branch: a Fix Lead, and the full process.
  03-01 09:00 report.received visibility=private
  03-01 09:00 affected.set branches=[release-19]
  at 03-04 09:00
fulfilled
  03-01 12:00 fixlead.assigned who=ben
  duty fix-lead met
broken
  duty fix-lead open

VT-25 Within seven days.
  begin reported
fulfilled
  03-08 09:00 score.set score=7.5 version="3.0"
  duty score met
broken
  03-08 09:00:01 score.set score=7.5 version="3.0"
  duty score late

VT-26 Scored with the calculator of CVSS 3.0.
  begin reported
fulfilled
  03-02 09:00 score.set score=7.5 version="3.0"
  no finding
broken
  03-02 09:00 score.set score=8.7 version="4.0"
  finding deviation

VT-27 The Fix Lead's score is final.
  begin reported
  at 03-10 09:00
fulfilled
  03-02 09:00 score.set by=ann score=7.5 version="3.0"
  duty score met VT-26
  no finding
broken
  03-02 09:00 score.set by=ben score=7.5 version="3.0"
  duty score overdue VT-26
  finding no-effect
also anybody may give an estimate
  03-02 09:00 score.set by=ben score=7.5 version="3.0" final=false
  no finding
  duty score overdue VT-26

VT-28 Quick beats perfect.
  begin reported
  03-02 09:00 score.set score=7.5 version="3.0" final=false
fulfilled
  03-07 09:00 score.set score=7.5 version="3.0"
  no finding
broken
  03-09 09:00 score.set score=7.4 version="3.0"
  finding preference

VT-29 The Fix Lead tells the maintainers that the fix branch is done.
  begin reported
  at 03-09 09:00
fulfilled
  03-07 09:00 fix.complete by=ann
  duty fix-complete met
broken
  duty fix-complete overdue

VT-30 The maintainers review in private and give their LGTMs.
  begin reported
  03-02 09:00 score.set score=7.5 version="3.0"
  03-03 09:00 commit.proposed id=c1 author=ann paths=[go/vt/a.go]
  03-04 09:00 fix.complete by=ann
  03-05 10:00 notice.forthcoming states=03-10T16:00 mitigation="none known"
  ask 03-10 15:59 release
fulfilled
  03-04 12:00 lgtm by=ben on=[c1]
  03-10 16:00 released branches=[release-19, release-20]
  allow
  no finding
  duty fix-complete met
broken
  03-04 12:00 lgtm by=ann on=[c1]
  03-10 16:00 released branches=[release-19, release-20]
  hold
  finding violation
  duty fix-complete overdue
also nothing is reviewed in public
  ask 03-06 09:00 semipublic.pr
  ask 03-06 09:01 semipublic.merge branch=release-20
  hold a2
  hold a3
alone while nobody knows what is affected
  03-01 09:00 report.received visibility=private
  03-05 09:00 released branches=[release-20]
  finding violation

VT-31 Below 4.0 the maintainers may slow down.
  begin reported
  03-03 09:00 slowdown.decided by=maintainers new_due=03-22T16:00 reason="holidays"
  03-15 09:00 fix.complete by=ann
fulfilled
  03-02 09:00 score.set score=3.9 version="3.0"
  mode slowed
  no finding
  duty fix-complete met VT-29
broken
  03-02 09:00 score.set score=4.0 version="3.0"
  never mode slowed
  finding no-effect
  duty fix-complete late VT-29

VT-32 A communication plan during development, before the first notice.
  begin reported
  03-04 09:00 fix.complete by=ann
  03-05 10:00 notice.forthcoming states=03-10T16:00 mitigation="none known"
fulfilled
  03-05 10:00 comms.planned by=ann
  duty comms-plan met
broken
  03-05 10:01 comms.planned by=ann
  duty comms-plan late

VT-33 Telling users begins after a fix or mitigation exists.
  begin reported
  ask 03-03 09:00 notice.forthcoming
  03-03 10:00 notice.forthcoming states=03-10T16:00 mitigation="switch the feature off"
fulfilled
  03-02 09:00 mitigation.developed text="switch the feature off"
  allow
  no finding
broken
  03-04 09:00 fix.complete by=ann
  hold
  finding violation
also a warning waits too
  03-02 10:00 public.warning content=[mitigation]
  finding violation
alone the short process has no such step
  begin main-only
  03-02 09:00 notice.forthcoming states=03-10T16:00 mitigation="none known"
  03-12 09:00 affected.set branches=[main]
  no finding

VT-34 The forthcoming fix is told within seven days.
  begin ready
fulfilled
  03-08 09:00 notice.forthcoming states=03-10T16:00 mitigation="none known"
  duty forthcoming-notice met
broken
  03-10 16:00 released branches=[release-19, release-20]
  03-10 16:01 notice.forthcoming states=03-10T16:00 mitigation="none known"
  duty forthcoming-notice missed

VT-35 Users read that a fix comes, and the instant.
  begin ready
fulfilled
  03-05 10:00 notice.forthcoming states=03-10T16:00 mitigation="none known"
  no finding
broken
  03-05 10:00 notice.forthcoming mitigation="none known"
  finding deviation

VT-36 The instant in the notice is the Release Date.
  begin planned
fulfilled
  03-10 16:00 released branches=[release-19, release-20]
  no finding
broken
  03-11 16:00 released branches=[release-19, release-20]
  finding stale-notice

VT-37 Mitigating steps usable before the fix.
  begin ready
fulfilled
  03-05 10:00 notice.forthcoming states=03-10T16:00 mitigation="close port 15999"
  no finding
broken
  03-05 10:00 notice.forthcoming states=03-10T16:00
  finding deviation

VT-38 What is told is something to act on.
  begin ready
fulfilled
  03-05 10:00 notice.forthcoming states=03-10T16:00 mitigation="none known, block time for the upgrade"
  no finding
broken
  03-05 10:00 notice.forthcoming states=03-10T16:00 mitigation=" "
  finding deviation

VT-39 Users know when to block time.
  begin ready
  03-05 10:00 release.scheduled for=03-10T16:00
fulfilled
  03-05 11:00 notice.forthcoming states=03-10T16:00 mitigation="none known"
  no finding
broken
  03-05 11:00 notice.forthcoming mitigation="soon"
  finding deviation

VT-40 Slack hears of the new releases once they are public.
  begin planned
  ask 03-10 15:00 announce
  at 03-11 16:00
fulfilled
  03-10 14:00 released branches=[release-19, release-20]
  03-10 15:00 announced channels=[slack]
  allow
  no finding
  duty fixed-notice met
broken
  03-10 15:00 announced channels=[slack]
  03-10 16:00 released branches=[release-19, release-20]
  hold
  finding violation
  duty fixed-notice open

VT-41 Something to act on: CVE links and how to apply the fix.
  begin released
fulfilled
  03-10 16:30 announced channels=[slack] links=["https://www.cve.org/CVERecord?id=CVE-2027-0001", "https://vitess.example.org/upgrade"]
  no finding
broken
  03-10 16:30 announced channels=[slack] links=["https://vitess.example.org/upgrade"]
  finding deviation

VT-42 A distributor's documents may be linked.
  begin released
fulfilled
  03-10 16:30 announced channels=[slack] links=["https://www.cve.org/CVERecord?id=CVE-2027-0001", "distributor:https://distributor.example.org/upgrade"]
  no finding
broken
  03-10 16:30 announced channels=[slack] links=["https://www.cve.org/CVERecord?id=CVE-2027-0001"]
  finding preference

VT-43 Nobody outside hears in advance.
  begin ready
  03-05 10:00 notice.forthcoming states=03-10T16:00 mitigation="none known"
fulfilled
  03-08 09:00 public.appeared where="a forum"
  ask 03-08 09:01 notice.advance
  03-08 10:00 notice.advance
  allow
  no finding
broken
  ask 03-08 09:01 notice.advance
  03-08 10:00 notice.advance
  hold
  finding violation
also not a day ahead either
  03-09 16:00 notice.prerelease
  finding violation
