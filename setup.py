"What packaging needs: settings.ini, and the little that isn't there."
import re
from configparser import ConfigParser
from pathlib import Path
from setuptools import find_packages, setup

here = Path(__file__).parent
config = ConfigParser(delimiters=['='])
config.read(here/'settings.ini', encoding='utf-8')
cfg = config['DEFAULT']

# On a package index the README's links to files of the repository have to be whole.
readme = re.sub(r'\]\((?!https?:|#)', f"]({cfg['git_url']}/blob/{cfg['branch']}/", (here/'README.md').read_text(encoding='utf-8'))

setup(
    name=cfg['lib_name'], version=cfg['version'], description=cfg['description'], keywords=cfg['keywords'].split(),
    author=cfg['author'], author_email=cfg['author_email'], url=cfg['git_url'], license='Apache-2.0', license_files=['LICENSE'],
    project_urls={'Documentation':cfg['site_url'], 'Discussions':cfg['discussions_url'], 'Issues':f"{cfg['git_url']}/issues", 'Changes':f"{cfg['git_url']}/blob/{cfg['branch']}/CHANGELOG.md"},
    long_description=readme, long_description_content_type='text/markdown',
    packages=find_packages(include=[cfg['lib_path']]), include_package_data=False,
    package_data={cfg['lib_name']: ['py.typed', 'corpora/surnames.txt', 'corpora/*.safetensors']},
    exclude_package_data={cfg['lib_name']: ['corpora/nats.safetensors']},  # the results' numbers aren't for users
    python_requires='>=' + cfg['min_python'],
    install_requires=cfg['requirements'].split(), extras_require={'dev': cfg['dev_requirements'].split()},
    entry_points={'console_scripts': cfg['console_scripts'].split(), 'nbdev': [f"{cfg['lib_name']}={cfg['lib_path']}._modidx:d"]},
    classifiers=['Development Status :: 3 - Alpha', 'Intended Audience :: Education', 'Operating System :: MacOS', 'Operating System :: POSIX :: Linux',
                 'Programming Language :: Python :: 3 :: Only', *(f'Programming Language :: Python :: 3.{minor}' for minor in range(11, 15)),
                 'Topic :: Education', 'Topic :: Scientific/Engineering :: Artificial Intelligence', 'Typing :: Typed'],
    zip_safe=False)
