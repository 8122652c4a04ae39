/* world.h - what pipelines reach: the collections of the model, by plans and indexes. */
#ifndef TENON_DOCUMENT_WORLD_H
#define TENON_DOCUMENT_WORLD_H

#include "pipeline.h"

/* A collection that is not there is an empty one. */
extern const tni_doc_world tni_doc_model_world;

#endif
