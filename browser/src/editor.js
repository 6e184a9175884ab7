// The editor of a cell: CodeMirror 6 with what Python needs. Loaded when a reader first edits.

import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import {
  bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting,
} from "@codemirror/language";
import { EditorState, Prec } from "@codemirror/state";
import { drawSelection, EditorView, keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";

import { announce } from "./announce.js";

// Pygments' names for the classes: so the theme's colours, light and dark, hold here too.
const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier], class: "k" },
  { tag: tags.operatorKeyword, class: "ow" },
  { tag: [tags.bool, tags.null], class: "kc" },
  { tag: [tags.string, tags.special(tags.string)], class: "s1" },
  { tag: tags.number, class: "mi" },
  { tag: tags.comment, class: "c1" },
  { tag: tags.definition(tags.function(tags.variableName)), class: "nf" },
  { tag: tags.definition(tags.className), class: "nc" },
  { tag: [tags.operator, tags.derefOperator], class: "o" },
  { tag: tags.meta, class: "nd" },
]);

/**
 * @typedef {object} Editor
 * @property {HTMLElement} element
 * @property {() => string} text
 * @property {(text: string) => void} setText
 * @property {() => void} focus
 * @property {() => void} remove
 */

/**
 * Make an editor.
 *
 * @param {object} options
 * @param {HTMLElement} options.parent
 * @param {string} options.text
 * @param {string} options.label - its accessible name
 * @param {string} [options.describedBy] - id of an element that says more
 * @param {() => void} [options.onChange]
 * @param {() => void} [options.onRun] - for Ctrl+Enter and Shift+Enter
 * @returns {Editor}
 */
export function createEditor({ parent, text, label, describedBy, onChange, onRun }) {
  const run = () => {
    onRun?.();
    return true;
  };
  /** @param {EditorView} view */
  const leave = (view) => {
    view.setTabFocusMode(true);
    announce("The Tab key now leaves the editor.");
    return true;
  };
  /** @type {Record<string, string>} */
  // With a tab stop of its own, so that boxes which scroll sideways can be reached by keyboard.
  const attributes = { "aria-label": label, tabindex: "0" };
  if (describedBy) attributes["aria-describedby"] = describedBy;
  const view = new EditorView({
    parent,
    doc: text,
    extensions: [
      Prec.highest(keymap.of([
        { key: "Mod-Enter", run },
        { key: "Shift-Enter", run },
        { key: "Escape", run: leave },
      ])),
      history(),
      drawSelection(),
      EditorState.tabSize.of(4),
      indentUnit.of("    "),
      indentOnInput(),
      bracketMatching(),
      closeBrackets(),
      python(),
      syntaxHighlighting(COLOURS),
      keymap.of([...closeBracketsKeymap, ...historyKeymap, indentWithTab, ...defaultKeymap]),
      EditorView.contentAttributes.of(attributes),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) onChange?.();
      }),
      // Whoever comes back wants to indent again.
      EditorView.domEventHandlers({
        focus(_event, focused) {
          focused.setTabFocusMode(false);
        },
      }),
    ],
  });
  // The page has shortcuts of its own, such as "/" for its search; here it is a division.
  view.dom.addEventListener("keydown", (event) => event.stopPropagation());
  return {
    element: view.dom,
    text: () => view.state.doc.toString(),
    setText: (changed) => view.dispatch({
      changes: { from: 0, to: view.state.doc.length, insert: changed },
    }),
    focus: () => view.focus(),
    remove: () => view.destroy(),
  };
}
