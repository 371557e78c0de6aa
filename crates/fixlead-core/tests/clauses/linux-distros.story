# The embargo terms of linux-distros over OpenTelemetry's process.

policy opentelemetry
overlay linux-distros
project {"branches": [{"name": "main", "class": "development"}, {"name": "release-1", "class": "supported"}]}

opening ready
  03-01 09:00 report.received visibility=private
  03-01 09:00 affected.set branches=[release-1]
  03-02 09:00 score.set vector=CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N score=7.5
  03-04 09:00 fix.complete

LD-01 What distributions have to prepare for is posted to the list.
  begin ready
  at 03-08 09:00
fulfilled
  03-05 09:00 list.posted list=linux-distros
  duty linux-distros-post met
broken
  03-05 09:00 list.posted list=another-list
  duty linux-distros-post open

LD-02 At most fourteen days from the posting.
  begin ready
  03-05 09:00 list.posted list=linux-distros
fulfilled
  ask 03-06 09:00 release.schedule for=03-19T09:00
  allow
broken
  ask 03-06 09:00 release.schedule for=03-19T09:01
  hold

LD-03 What is public already is not posted there.
  begin ready
  ask 03-05 08:00 list.post
fulfilled
  03-05 09:00 list.posted list=linux-distros
  allow
  no finding
broken
  03-05 07:00 public.appeared where="a forum"
  03-05 09:00 list.posted list=linux-distros
  hold
  finding violation

LD-04 Then oss-security has everything.
  begin ready
  03-05 09:00 list.posted list=linux-distros
  at 03-22 09:00
fulfilled
  03-19 09:00 announced channels=[oss-security]
  duty linux-distros-public met
broken
  03-19 09:00 announced channels=[general]
  duty linux-distros-public overdue
