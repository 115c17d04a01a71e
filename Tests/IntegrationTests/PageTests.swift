import NetworkLab
import SealaneConsole
import SealaneFigures
import SealaneFleet
import TestSupport
import Testing

@Suite struct PageTests {
    @Test("a browser shows the report, dark to who wants it dark and light to who wants it light")
    func report() async throws {
        try await expectBothThemes(of: BenchPage(SampleBenchReport.report()).html)
    }

    @Test("and the topology's map, as wide as its instances are many")
    func map() async throws {
        let directory = try ScratchDirectory()
        let file = TopologyFile(path: try directory.write(SampleNetwork.yaml, to: "topology.yaml"))
        let page = try #require(TopologyPage(try file.read())).html
        try await expectBothThemes(of: page)
        let browser = try Browser()
        let whole = try await browser.look(at: page, theme: .light)
        // Every pair but an instance and itself has a colour: of the upper part, much of the width.
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

    @Test("what a browser shows of an empty page is blank")
    func blank() async throws {
        let page = HTMLPage(title: "nothing", style: "", body: "").text
        let sight = try await Browser().look(at: page, theme: .light)
        #expect(sight.colours == 1)
        #expect(sight.inked == 0)
        #expect(sight.width == 0)
    }
}
