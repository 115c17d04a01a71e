import AgentTestSupport
import SealaneConsole

extension SampleReports {
    static let plain = ReportStyle(isColoured: false, now: now)
    static let coloured = ReportStyle(isColoured: true, now: now)
}
