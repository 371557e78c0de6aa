# Article 14 of the Cyber Resilience Act over the process of Vitess.

policy vitess
overlay cra-art14
project {"branches": [{"name": "main", "class": "development"}, {"name": "release-20", "class": "supported"}]}

opening exploited
  03-01 09:00 report.received visibility=private
  03-01 09:00 affected.set branches=[release-20]
  03-02 09:00 exploitation.aware

CRA-14-2-a Within 24 hours an early warning.
  begin exploited
fulfilled
  03-03 09:00 cra.early-warning
  duty cra-early-warning met
broken
  03-03 09:00:01 cra.early-warning
  duty cra-early-warning late

CRA-14-2-b Within 72 hours the notification.
  begin exploited
fulfilled
  03-05 09:00 cra.notification
  duty cra-notification met
broken
  03-05 09:00:01 cra.notification
  duty cra-notification late

CRA-14-2-c Fourteen days after a measure is available the final report.
  begin exploited
  03-04 09:00 fix.complete
  03-05 10:00 notice.forthcoming states=03-10T16:00 mitigation="switch the feature off"
fulfilled
  03-19 10:00 cra.final
  duty cra-final met
broken
  03-19 10:01 cra.final
  duty cra-final late
