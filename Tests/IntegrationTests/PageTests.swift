import NetworkLab
import SealaneConsole
import SealaneFigures
import SealaneFleet
import TestSupport
import Testing

@Suite struct PageTests {
    @Test func `a browser shows the report in the reader's light or dark theme`() async throws {
        try await expectBothThemes(of: BenchPage(SampleBenchReport.report()).html)
    }

    @Test func `a browser shows the topology map as wide as its number of instances`() async throws {
        let directory = try ScratchDirectory()
        let file = TopologyFile(path: try directory.write(SampleNetwork.yaml, to: "topology.yaml"))
        let page = try #require(TopologyPage(try file.read())).html
        try await expectBothThemes(of: page)
        let browser = try Browser()
        let whole = try await browser.look(at: page, theme: .light)
        // Every pair of two instances has a colour, so much of the width of the upper part does.
        #expect(whole.width > 0.8)
    }

    private func expectBothThemes(of page: String) async throws {
        let browser = try Browser()
        let light = try await browser.look(at: page, theme: .light)
        let dark = try await browser.look(at: page, theme: .dark)
        for sight in [light, dark] {
            #expect(sight.inked > 0.05)
            #expect(sight.colours > 20)
        }
        #expect(light.backgroundLightness > 0.9)
        #expect(dark.backgroundLightness < 0.2)
    }

    @Test func `a browser shows an empty page as blank`() async throws {
        let page = HTMLPage(title: "nothing", style: "", body: "").text
        let sight = try await Browser().look(at: page, theme: .light)
        #expect(sight.colours == 1)
        #expect(sight.inked == 0)
        #expect(sight.width == 0)
    }
}
