import NetworkLab
import SealaneFigures
import TestSupport
import Testing

@Suite struct PageTests {
    @Test("a browser shows the report, dark to who wants it dark and light to who wants it light")
    func themes() async throws {
        let browser = try Browser()
        let page = BenchPage(SampleBenchReport.report()).html
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
    }
}
