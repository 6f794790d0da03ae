"""The site's hooks into MkDocs: pages from all over the repository, embedded lessons, the switch of languages."""

from __future__ import annotations

import functools
import posixpath
import re
from typing import Any

import api
import formulas
import lessons
import pages
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page


@functools.cache
def sections(lang: str) -> list[tuple[str, list[pages.Source]]]:
    """The navigation of a language."""
    return pages.sources(lang, api.pages(lang))


@functools.cache
def assets(lang: str) -> dict[str, str]:
    """Where each picture, notebook and lesson stands, by the path of its file."""
    found = [path.relative_to(pages.ROOT).as_posix() for pattern in pages.ASSETS for path in pages.ROOT.glob(pattern)]
    return {path: pages.address(path) for path in [*found, *lessons.files(lang)]}


@functools.cache
def places(lang: str) -> dict[str, str]:
    """Where everything in the site of a language stands, by the path of its file."""
    return {source.path: source.address for _, found in sections(lang) for source in found} | assets(lang)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The navigation, from the sections."""
    found = sections(config.theme["language"])
    config.nav = [{title: [source.address for source in sources]} for title, sources in found]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The pages, with their links leading to pages, and what they show."""
    lang = config.theme["language"]
    for _, found in sections(lang):
        for source in found:
            text = pages.with_links(pages.text_of(source, api.pages(lang)), source, functools.partial(lead, lang))
            files.append(File.generated(config, source.address, content=formulas.as_mathml(text)))
    made = lessons.files(lang)
    for path, address in assets(lang).items():
        if path in made:
            files.append(File.generated(config, address, content=made[path]))
        else:
            files.append(File.generated(config, address, abs_src_path=str(pages.ROOT / path)))
    return files


def lead(lang: str, path: str, page: pages.Source) -> str | None:
    """The link from a page to a file, or to the README of a folder, if that is in the site."""
    place = places(lang).get(path) or places(lang).get(pages.twin(f"{path}/README.md", lang))
    return place and posixpath.relpath(place, posixpath.dirname(page.address) or ".")


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """A picture that is a page is shown in a frame."""
    return re.sub(
        r'<p><img alt="([^"]*)" src="([^"]*\.html)" */?></p>',
        r'<iframe class="lesson" title="\1" src="\2" loading="lazy"></iframe>',
        html,
    )


def on_page_context(context: dict[str, Any], page: Page, config: MkDocsConfig, nav: Navigation) -> dict[str, Any]:
    """The switch of languages leads to the same page: the Chinese site stands in a folder of the English one."""
    there = {"en": "../", "zh": "zh/"}
    here = config.theme["language"]
    context["languages"] = [
        {"name": name, "lang": lang, "link": ("" if lang == here else there[lang]) + page.file.dest_uri}
        for lang, name in pages.LANGUAGES.items()
    ]
    return context


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """The promise that a reader's browser asks nobody else."""
    found = re.search(r'<(?:script|link|img|iframe)\b[^>]*(?:src|href)="(?:https?:)?//[^"]*', output)
    if found:
        raise PluginError(f"{page.file.src_uri} fetches from elsewhere: {found[0]}")
    return output
