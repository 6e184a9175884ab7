// Loads the editor when it is first wanted: it is larger than everything else on the page.

/** @returns {Promise<typeof import("./editor.js").createEditor>} */
export async function createEditorLater() {
  return (await import("./editor.js")).createEditor;
}
